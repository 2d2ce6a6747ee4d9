import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Cart, Product } from "../src/shop.ts";

export const CUP: Product = { sku: "cup-01", name: "Cup </script>", summary: "Holds tea & more.", price: 1250 };

/** The shop's back end, small: one product, carts in memory; `broken` answers 500 to everything. */
export class TinyBackend {
  readonly #carts = new Map<string, Cart>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly requests: string[] = [];
  broken = false;

  async start(): Promise<URL> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    this.requests.push(`${request.method} ${path} ${request.headers["x-request-id"] ?? ""}`.trim());
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const [status, body] = this.broken ? [500, {}] : this.#told(path, Buffer.concat(chunks).toString());
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  #told(path: string, body: string): [number, unknown] {
    if (path === "/health/ready") {
      return [200, { status: "ready" }];
    }
    if (path === "/products") {
      return [200, { products: [CUP] }];
    }
    if (path.startsWith("/products/")) {
      return path === `/products/${CUP.sku}` ? [200, CUP] : [404, { error: "no such product" }];
    }
    const id = path.split("/")[2] ?? "";
    const cart = this.#carts.get(id) ?? { lines: [], total: 0 };
    if (body) {
      const { sku, quantity } = JSON.parse(body) as { sku: string; quantity: number };
      if (sku !== CUP.sku) {
        return [404, { error: "no such product" }];
      }
      cart.lines = [{ sku, name: CUP.name, price: CUP.price, quantity }];
      cart.total = CUP.price * quantity;
      this.#carts.set(id, cart);
    }
    return [200, cart];
  }
}
