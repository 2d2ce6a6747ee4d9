import { randomUUID } from "node:crypto";

import type { NextFunction, Request, Response } from "express";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REQUEST = /^[\w.-]{1,64}$/;
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

export function secured(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
  });
  next();
}

/** Refuses to change anything for a page of another site (https://web.dev/articles/fetch-metadata). */
export function sameSite(request: Request, response: Response, next: NextFunction): void {
  const site = request.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    response.status(403).json({ error: "this request comes from another site" });
    return;
  }
  next();
}

/** The caller's id of a request, or a new one. */
export function requestId(request: Request): string {
  const told = request.get("x-request-id");
  return told !== undefined && REQUEST.test(told) ? told : randomUUID();
}

/** The id of the visitor's cart, or nothing where there is none yet. */
export function cartOf(request: Request): string | undefined {
  const cookies = (request.get("cookie") ?? "").split(/;\s*/);
  const id = cookies.find((cookie) => cookie.startsWith("cart="))?.slice("cart=".length);
  return id !== undefined && ID.test(id) ? id : undefined;
}

export function newCart(request: Request, response: Response): string {
  const id = randomUUID();
  const secure = request.get("x-forwarded-proto") === "https";
  response.cookie("cart", id, { httpOnly: true, sameSite: "lax", secure, maxAge: 7 * 24 * 3600 * 1000 });
  return id;
}
