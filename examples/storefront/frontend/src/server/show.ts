import type { ErrorRequestHandler, RequestHandler, Response } from "express";

import type { View } from "../pages/view.ts";
import { BackendFailed } from "./backend.ts";
import { renderDocument, type Assets } from "./document.tsx";
import type { Log } from "./log.ts";
import { idOf } from "./requests.ts";
import { told } from "./told.ts";

/** Answers with a page. */
export type Show = (response: Response, view: View, status?: number) => void;

export function shower(assets: Assets): Show {
  return (response, view, status = 200) => {
    response.status(status).set("Cache-Control", "private, no-cache").type("html").send(renderDocument(view, assets));
  };
}

export function notFound(show: Show): RequestHandler {
  return (_request, response) => show(response, trouble("Not found", "There is no such page."), 404);
}

/** The page for what went wrong; only what is not the visitor's doing is an error in the log. */
export function failed(show: Show, log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = statusFor(error);
    if (status >= 500) {
      log.error("failed", { request: idOf(response), path: request.path, error: told(error) });
    }
    show(response, viewFor(status), status);
  };
}

/** What a visitor gets for an error: their own mistakes as they are, the back end's failures as 503, ours as 500. */
function statusFor(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return status;
  }
  return error instanceof BackendFailed ? 503 : 500;
}

function viewFor(status: number): View {
  if (status === 404) {
    return trouble("Not found", "There is no such product.");
  }
  if (status < 500) {
    return trouble("Not understood", "That is not something we can do.");
  }
  return trouble("Back soon", "The shop cannot be reached just now. Please try again in a moment.");
}

function trouble(title: string, text: string): View {
  return { page: "trouble", title, text, items: 0 };
}
