import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";

import { afterEach, beforeEach, expect, test } from "vitest";

import { createApp } from "../src/server/app.ts";
import { Backend } from "../src/server/backend.ts";
import { createLog } from "../src/server/log.ts";
import { CUP, TinyBackend } from "./backend.ts";

const ASSETS = { scripts: ["/assets/main-1.js"], styles: ["/assets/main-2.css"] };
let back: TinyBackend;
let server: Server;
let base: string;
let lines: Record<string, unknown>[];
let ending: boolean;
let files: string;

beforeEach(async () => {
  back = new TinyBackend();
  lines = [];
  ending = false;
  files = mkdtempSync(`${tmpdir()}/storefront-`);
  mkdirSync(`${files}/assets`);
  writeFileSync(`${files}/assets/main-1.js`, "export {};\n");
  const log = createLog("info", (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const backend = new Backend(await back.start(), 2000);
  server = createServer(createApp({ backend, assets: ASSETS, files, log, ending: () => ending }));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await back.stop();
  rmSync(files, { recursive: true });
});

function order(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const json = { accept: "application/json", "content-type": "application/json", ...headers };
  return fetch(`${base}/cart/items`, { method: "POST", headers: json, body: JSON.stringify(body), redirect: "manual" });
}

test("the catalogue is in the page itself, with its assets", async () => {
  const answer = await fetch(base);
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(page).toMatch(/^<!doctype html><html lang="en">/);
  expect(page).toContain(`href="/products/${CUP.sku}"`);
  expect(page).toContain("€12.50");
  for (const path of [...ASSETS.scripts, ...ASSETS.styles]) {
    expect(page).toContain(`"${path}"`);
  }
});

test("what the back end says cannot break out of the page", async () => {
  const page = await (await fetch(base)).text();
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  const view = JSON.parse(/id="view">(.*?)<\/script>/.exec(page)?.[1] ?? "") as { products: unknown };
  expect(view.products).toEqual([CUP]);
});

test("a product has a page, and one that is not there has none", async () => {
  expect(await (await fetch(`${base}/products/${CUP.sku}`)).text()).toContain("Holds tea &amp; more.");
  expect((await fetch(`${base}/products/none`)).status).toBe(404);
  expect((await fetch(`${base}/nowhere`)).status).toBe(404);
});

test("a cart is filled with a script", async () => {
  const answer = await order({ sku: CUP.sku, quantity: 3 });
  expect([answer.status, await answer.json()]).toEqual([200, { items: 3, total: 3750 }]);
  const cookie = answer.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^cart=[0-9a-f-]{36}; .*HttpOnly; SameSite=Lax$/);
  const page = await (await fetch(`${base}/cart`, { headers: { cookie: cookie.split(";")[0] ?? "" } })).text();
  expect(page).toContain("€37.50");
  expect(page).toContain('data-items="3"');
});

test("a cart is filled without a script", async () => {
  const body = new URLSearchParams({ sku: CUP.sku });
  const headers = { accept: "text/html" };
  const answer = await fetch(`${base}/cart/items`, { method: "POST", headers, body, redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/cart"]);
});

const QUANTITIES = [0, 1.5, 21, "many", null].map((quantity) => ({ sku: "x", quantity }));
test.each([{}, { sku: "" }, { sku: 1 }, ...QUANTITIES])("%j is no order", async (body) => {
  expect((await order(body)).status).toBe(422);
});

test("bodies that are too large or broken are refused", async () => {
  expect((await order({ sku: "x".repeat(5000) })).status).toBe(413);
  const broken = { method: "POST", headers: { "content-type": "application/json" }, body: "{" };
  expect((await fetch(`${base}/cart/items`, broken)).status).toBe(400);
});

test("other sites can fill no cart", async () => {
  expect((await order({ sku: CUP.sku }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect(back.requests).toEqual([]);
});

test("a cookie that is no cart of ours is never asked for", async () => {
  const answer = await fetch(`${base}/cart`, { headers: { cookie: "cart=../../products" } });
  expect(await answer.text()).toContain("nothing in it");
  expect(back.requests).toEqual([]);
});

test("it is healthy by itself, and ready with its back end", async () => {
  expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: "healthy" });
  const ready = await fetch(`${base}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", dependencies: { backend: "ok" } }]);
  back.broken = true;
  expect((await fetch(`${base}/health/ready`)).status).toBe(503);
  await back.stop();
  const gone = await fetch(`${base}/health/ready`);
  expect(gone.status).toBe(503);
  expect(((await gone.json()) as { dependencies: { backend: string } }).dependencies.backend).toContain("no answer");
  expect((await fetch(`${base}/health`)).status).toBe(200);
  await back.start();
});

test("it is not ready while it ends", async () => {
  ending = true;
  expect((await fetch(`${base}/health/ready`)).status).toBe(503);
  expect((await fetch(`${base}/health`)).status).toBe(200);
});

test("without its back end it says so, in a page and in the log", async () => {
  back.broken = true;
  const answer = await fetch(base, { headers: { "x-request-id": "r-1" } });
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("Back soon");
  expect(answer.headers.get("x-request-id")).toBe("r-1");
  expect(lines).toMatchObject([
    { level: "error", message: "failed", request: "r-1", error: "products: answered 500" },
    { level: "info", message: "answered", request: "r-1", status: 503, path: "/" },
  ]);
  expect(back.requests).toEqual(["GET /products r-1"]);
});

test("assets are kept for ever, and those that are missing are no pages", async () => {
  const found = await fetch(`${base}/assets/main-1.js`);
  expect(found.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  const missing = await fetch(`${base}/assets/main-0.js`);
  expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "text/plain; charset=utf-8"]);
  expect((await fetch(`${base}/assets/..%2f..%2fpackage.json`)).status).toBe(404);
});

test("every answer is guarded", async () => {
  for (const path of ["/", "/health", "/assets/none", "/nowhere"]) {
    const { headers } = await fetch(`${base}${path}`);
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-powered-by")).toBeNull();
  }
});
