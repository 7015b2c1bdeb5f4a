// The relations, each fetched once for all rows of a request.
import DataLoader from "dataloader";

/** A loader for each relation; `rows(name, text, values)` asks the database. */
export function loaders(rows) {
  const byId = (name, text) =>
    new DataLoader(async (ids) => {
      const found = new Map((await rows(name, text, [ids])).map((row) => [row.id, row]));
      return ids.map((id) => found.get(id));
    });
  return {
    customer: byId("customers", "select id, name, email, city from customers where id = any($1)"),
    product: byId("products", "select id, name, price from products where id = any($1)"),
    items: new DataLoader(async (orders) => {
      const found = new Map(orders.map((id) => [id, []]));
      const items = await rows(
        "items",
        `select id, order_id as "orderId", product_id as "productId", quantity, price
         from order_items where order_id = any($1)`,
        [orders],
      );
      for (const item of items) found.get(item.orderId).push(item);
      return orders.map((id) => found.get(id));
    }),
  };
}
