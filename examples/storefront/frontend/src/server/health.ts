import { Router } from "express";

import type { Backend } from "./backend.ts";
import { told } from "./told.ts";

/** Alive while the process is; ready while the back end is, too, until the server begins to end. */
export function healthRoutes(backend: Backend, ending: () => boolean): Router {
  const routes = Router();

  routes.get("/health", (_request, response) => {
    response.json({ status: "healthy" });
  });

  routes.get("/health/ready", async (_request, response) => {
    const problem = ending() ? "the server is ending" : await backend.ready().then(() => "", told);
    response.status(problem ? 503 : 200).json({
      status: problem ? "unavailable" : "ready",
      dependencies: { backend: problem || "ok" },
    });
  });

  return routes;
}
