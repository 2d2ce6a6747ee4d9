import express, { type Express } from "express";

import type { Backend } from "./backend.ts";
import type { Assets } from "./document.tsx";
import { secured } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import type { Log } from "./log.ts";
import { pageRoutes } from "./pages.ts";
import { logged } from "./requests.ts";
import { failed, notFound, shower } from "./show.ts";

export interface Parts {
  backend: Backend;
  assets: Assets;
  /** The folder of the files that `assets` names. */
  files: string;
  log: Log;
  /** Whether the server has begun to end. */
  ending: () => boolean;
}

export function createApp({ backend, assets, files, log, ending }: Parts): Express {
  const show = shower(assets);
  const app = express();
  app.disable("x-powered-by");
  app.use(secured);
  app.use(healthRoutes(backend, ending));
  // Vite puts a digest of the content into the names of what it builds: they can be kept for ever.
  app.use("/assets", express.static(`${files}/assets`, { immutable: true, maxAge: "1y", index: false }));
  app.use("/assets", (_request, response) => {
    response.status(404).type("text").send("not found\n");
  });
  app.use(logged(log));
  app.use(pageRoutes(backend, show, log));
  app.use(notFound(show));
  app.use(failed(show, log));
  return app;
}
