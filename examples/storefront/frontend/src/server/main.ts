import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { createApp } from "./app.ts";
import { Backend } from "./backend.ts";
import { readManifest } from "./document.tsx";
import { createLog } from "./log.ts";
import { readSettings } from "./settings.ts";

// This file is built to dist/server/main.js; the pages for the browser lie beside it.
const FILES = fileURLToPath(new URL("../client", import.meta.url));

function main(): void {
  const settings = readSettings(process.env);
  const log = createLog(settings.level, (line) => process.stdout.write(line));
  let ending = false;
  const app = createApp({
    backend: new Backend(settings.backend, settings.backendTimeout),
    assets: readManifest(JSON.parse(readFileSync(`${FILES}/manifest.json`, "utf8"))),
    files: FILES,
    log,
    ending: () => ending,
  });
  const server = createServer(app);
  server.listen(settings.port, settings.host, () => {
    const { port } = server.address() as AddressInfo;
    log.info("listening", { host: settings.host, port, backend: settings.backend.origin });
  });

  function end(signal: string): void {
    if (ending) {
      return;
    }
    ending = true;
    log.info("ending", { signal });
    server.close(() => log.info("ended"));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), settings.grace).unref();
  }
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}

try {
  main();
} catch (error) {
  process.stderr.write(`storefront: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
