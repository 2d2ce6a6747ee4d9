import { useState } from "preact/hooks";

import { CartPage } from "./cart.tsx";
import { Catalogue, ProductPage } from "./catalogue.tsx";
import type { View } from "./view.ts";

export function App({ view }: { view: View }) {
  const [items, setItems] = useState(view.items);
  return (
    <>
      <header>
        <a href="/">Storefront</a>
        <a href="/cart" data-items={items}>
          Cart ({items})
        </a>
      </header>
      <main>
        <Page view={view} onItems={setItems} />
      </main>
    </>
  );
}

function Page({ view, onItems }: { view: View; onItems: (items: number) => void }) {
  switch (view.page) {
    case "catalogue":
      return <Catalogue products={view.products} onItems={onItems} />;
    case "product":
      return <ProductPage product={view.product} onItems={onItems} />;
    case "cart":
      return <CartPage cart={view.cart} />;
    case "trouble":
      return (
        <>
          <h1>{view.title}</h1>
          <p>{view.text}</p>
        </>
      );
  }
}
