import express, { Router, type Request, type Response } from "express";

import { count, MOST_OF_ONE } from "../shop.ts";
import type { Backend } from "./backend.ts";
import { cartOf, newCart, sameSite } from "./guard.ts";
import type { Log } from "./log.ts";
import { idOf } from "./requests.ts";
import type { Show } from "./show.ts";
import { told } from "./told.ts";

/** The pages of the shop, and the one thing that a visitor can do. */
export function pageRoutes(backend: Backend, show: Show, log: Log): Router {
  const routes = Router();

  /** How many things are in the visitor's cart; a cart that cannot be read must not hide the shop. */
  async function items(request: Request, response: Response): Promise<number> {
    const id = cartOf(request);
    try {
      return id === undefined ? 0 : count(await backend.cart(id, idOf(response)));
    } catch (error) {
      log.warn("the cart cannot be read", { request: idOf(response), error: told(error) });
      return 0;
    }
  }

  routes.get("/", async (request, response) => {
    const [products, inCart] = await Promise.all([backend.products(idOf(response)), items(request, response)]);
    show(response, { page: "catalogue", products, items: inCart });
  });

  routes.get("/products/:sku", async (request, response) => {
    const { sku } = request.params;
    const [product, inCart] = await Promise.all([backend.product(sku, idOf(response)), items(request, response)]);
    show(response, { page: "product", product, items: inCart });
  });

  routes.get("/cart", async (request, response) => {
    const id = cartOf(request);
    const cart = id === undefined ? { lines: [], total: 0 } : await backend.cart(id, idOf(response));
    show(response, { page: "cart", cart, items: count(cart) });
  });

  const bodies = [express.json({ limit: "4kb" }), express.urlencoded({ extended: false, limit: "4kb" })];
  routes.post("/cart/items", sameSite, ...bodies, async (request: Request, response: Response) => {
    const order = readOrder(request.body);
    if (order === undefined) {
      response.status(422).json({ error: `wanted: sku, and quantity from 1 to ${MOST_OF_ONE}` });
      return;
    }
    const id = cartOf(request) ?? newCart(request, response);
    const cart = await backend.add(id, order.sku, order.quantity, idOf(response));
    if (request.accepts(["html", "json"]) === "json") {
      response.json({ items: count(cart), total: cart.total });
    } else {
      response.redirect(303, "/cart");
    }
  });

  return routes;
}

function readOrder(body: unknown): { sku: string; quantity: number } | undefined {
  const { sku, quantity = 1 } = (body ?? {}) as { sku?: unknown; quantity?: unknown };
  const number = Number(quantity);
  const good = typeof sku === "string" && sku !== "" && Number.isInteger(number);
  return good && number >= 1 && number <= MOST_OF_ONE ? { sku, quantity: number } : undefined;
}
