import { money, type Cart } from "../shop.ts";

export function CartPage({ cart }: { cart: Cart }) {
  if (cart.lines.length === 0) {
    return (
      <>
        <h1>Your cart</h1>
        <p>There is nothing in it yet.</p>
      </>
    );
  }
  return (
    <>
      <h1>Your cart</h1>
      <table>
        <tbody>
          {cart.lines.map((line) => (
            <tr key={line.sku}>
              <td>
                {line.quantity} × {line.name}
              </td>
              <td>{money(line.price * line.quantity)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>Total</td>
            <td>{money(cart.total)}</td>
          </tr>
        </tfoot>
      </table>
    </>
  );
}
