/** What the back end tells of the shop, in its own words; amounts are in cents. */

export interface Product {
  sku: string;
  name: string;
  summary: string;
  price: number;
}

export interface Line {
  sku: string;
  name: string;
  price: number;
  quantity: number;
}

export interface Cart {
  lines: Line[];
  total: number;
}

export const MOST_OF_ONE = 20;

export function count(cart: Cart): number {
  return cart.lines.reduce((sum, line) => sum + line.quantity, 0);
}

const euros = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });

export function money(cents: number): string {
  return euros.format(cents / 100);
}
