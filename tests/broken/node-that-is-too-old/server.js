const express = require("express");
express().get("/health", (q, a) => a.send("ok")).listen(3000);
