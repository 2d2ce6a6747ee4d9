import type { Cart, Product } from "../shop.ts";

/** What the back end did not do: `status` is its answer, or 0 where none came in time. */
export class BackendFailed extends Error {
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

interface Call {
  method?: "GET" | "POST";
  body?: unknown;
  request?: string;
}

/** The back end's HTTP interface. Every call ends within `timeout` milliseconds. */
export class Backend {
  readonly #base: URL;
  readonly #timeout: number;

  constructor(base: URL, timeout: number) {
    this.#base = base;
    this.#timeout = timeout;
  }

  async products(request?: string): Promise<Product[]> {
    const told = await this.#json<{ products: Product[] }>("products", call(request));
    return told.products;
  }

  product(sku: string, request?: string): Promise<Product> {
    return this.#json<Product>(`products/${encodeURIComponent(sku)}`, call(request));
  }

  cart(id: string, request?: string): Promise<Cart> {
    return this.#json<Cart>(`carts/${encodeURIComponent(id)}`, call(request));
  }

  add(id: string, sku: string, quantity: number, request?: string): Promise<Cart> {
    const path = `carts/${encodeURIComponent(id)}/items`;
    return this.#json<Cart>(path, { ...call(request), method: "POST", body: { sku, quantity } });
  }

  /** Resolves when the back end can serve. */
  async ready(): Promise<void> {
    await this.#ask("health/ready", {});
  }

  async #json<T>(path: string, how: Call): Promise<T> {
    const answer = await this.#ask(path, how);
    try {
      return (await answer.json()) as T;
    } catch (error) {
      throw new BackendFailed(`${path}: not JSON`, 0, { cause: error });
    }
  }

  async #ask(path: string, how: Call): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (how.request) {
      headers["x-request-id"] = how.request;
    }
    const init: RequestInit = { method: how.method ?? "GET", headers, signal: AbortSignal.timeout(this.#timeout) };
    if (how.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(how.body);
    }
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.#base), init);
    } catch (error) {
      throw new BackendFailed(`${path}: no answer`, 0, { cause: error });
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new BackendFailed(`${path}: answered ${answer.status}`, answer.status);
    }
    return answer;
  }
}

function call(request: string | undefined): Call {
  return request === undefined ? {} : { request };
}
