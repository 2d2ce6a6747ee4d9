import { useState } from "preact/hooks";

interface Props {
  sku: string;
  name: string;
  onItems: (items: number) => void;
}

/** A form that works by itself; where scripts run, it stays on the page. */
export function AddToCart({ sku, name, onItems }: Props) {
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");

  async function add(event: SubmitEvent) {
    event.preventDefault();
    setState("busy");
    try {
      const answer = await fetch("/cart/items", {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json" },
        body: JSON.stringify({ sku }),
      });
      if (!answer.ok) {
        throw new Error(`the shop answered ${answer.status}`);
      }
      const told = (await answer.json()) as { items: number };
      onItems(told.items);
      setState("idle");
    } catch {
      setState("failed");
    }
  }

  return (
    <form method="post" action="/cart/items" onSubmit={add}>
      <input type="hidden" name="sku" value={sku} />
      <button type="submit" disabled={state === "busy"} aria-label={`Add ${name} to the cart`}>
        {state === "failed" ? "Try again" : "Add to cart"}
      </button>
    </form>
  );
}
