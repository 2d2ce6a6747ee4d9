import { money, type Product } from "../shop.ts";
import { AddToCart } from "./add.tsx";

interface Props {
  onItems: (items: number) => void;
}

export function Catalogue({ products, onItems }: Props & { products: Product[] }) {
  return (
    <>
      <h1>Everything we have</h1>
      <ul class="catalogue">
        {products.map((product) => (
          <li key={product.sku}>
            <a href={`/products/${product.sku}`}>{product.name}</a>
            <span>{money(product.price)}</span>
            <AddToCart sku={product.sku} name={product.name} onItems={onItems} />
          </li>
        ))}
      </ul>
    </>
  );
}

export function ProductPage({ product, onItems }: Props & { product: Product }) {
  return (
    <article>
      <h1>{product.name}</h1>
      <p>{product.summary}</p>
      <p>{money(product.price)}</p>
      <AddToCart sku={product.sku} name={product.name} onItems={onItems} />
    </article>
  );
}
