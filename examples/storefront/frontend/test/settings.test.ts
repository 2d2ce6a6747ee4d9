import { expect, test } from "vitest";

import { readManifest } from "../src/server/document.tsx";
import { createLog } from "../src/server/log.ts";
import { readSettings } from "../src/server/settings.ts";

test("there are defaults for everything", () => {
  const settings = readSettings({});
  expect(settings).toMatchObject({ host: "0.0.0.0", port: 3000, backendTimeout: 2000, level: "info", grace: 10000 });
  expect(settings.backend.href).toBe("http://localhost:8080/");
});

test("the environment decides", () => {
  const env = { PORT: "8000", BACKEND_URL: "https://shop.example/api", LOG_LEVEL: "WARN", BACKEND_TIMEOUT: "0.5" };
  const settings = readSettings(env);
  expect(settings).toMatchObject({ port: 8000, level: "warn", backendTimeout: 500 });
  expect(settings.backend.href).toBe("https://shop.example/api/");
});

test("everything that is wrong is told together", () => {
  const env = { PORT: "http", BACKEND_URL: "file:///etc", LOG_LEVEL: "loud", SHUTDOWN_GRACE: "-1" };
  expect(() => readSettings(env)).toThrow(/PORT .*BACKEND_URL .*LOG_LEVEL|LOG_LEVEL .*PORT .*BACKEND_URL/);
  expect(() => readSettings(env)).toThrow(/SHUTDOWN_GRACE/);
});

test("a log keeps quiet below its level", () => {
  const lines: string[] = [];
  const log = createLog("warn", (line) => lines.push(line));
  log.info("no");
  log.error("yes", { status: 500 });
  const told = lines.map((line) => JSON.parse(line) as unknown);
  expect(told).toMatchObject([{ level: "error", message: "yes", status: 500 }]);
});

test("only the entry's files are loaded by a page", () => {
  const manifest = {
    "src/client/main.tsx": { file: "assets/main-1.js", css: ["assets/main-2.css"], isEntry: true },
    "_shared.js": { file: "assets/shared-3.js" },
  };
  expect(readManifest(manifest)).toEqual({ scripts: ["/assets/main-1.js"], styles: ["/assets/main-2.css"] });
});
