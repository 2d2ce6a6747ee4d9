import type { Cart, Product } from "../shop.ts";

/** One page and all that it shows: made by the server, sent along, taken up by the browser. */
export type View =
  | { page: "catalogue"; products: Product[]; items: number }
  | { page: "product"; product: Product; items: number }
  | { page: "cart"; cart: Cart; items: number }
  | { page: "trouble"; title: string; text: string; items: number };

export function titleOf(view: View): string {
  switch (view.page) {
    case "catalogue":
      return "Storefront";
    case "product":
      return `${view.product.name} – Storefront`;
    case "cart":
      return "Your cart – Storefront";
    case "trouble":
      return `${view.title} – Storefront`;
  }
}
