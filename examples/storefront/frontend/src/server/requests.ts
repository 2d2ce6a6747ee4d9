import type { RequestHandler, Response } from "express";

import { requestId } from "./guard.ts";
import type { Log } from "./log.ts";

/** Gives each request its id, and a line of the log when it is answered. */
export function logged(log: Log): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const { method, path } = request;
    const id = requestId(request);
    response.locals["request"] = id;
    response.set("X-Request-ID", id);
    response.on("finish", () => {
      const ms = Math.round(performance.now() - began);
      log.info("answered", { method, path, status: response.statusCode, ms, request: id });
    });
    next();
  };
}

/** The id of the request that is being answered. */
export function idOf(response: Response): string {
  return String(response.locals["request"]);
}
