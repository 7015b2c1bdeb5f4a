// Express with SQL written by hand: one statement a request, prepared by its name on each of the pool's connections.
import express from "express";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const columns = "id, customer_id, status, total, note, created";

const app = express();
app.disable("x-powered-by");
app.use(express.json());

app.get("/orders", async (request, response) => {
  const { status, limit = "20" } = request.query;
  const found = await pool.query({
    name: "orders-by-status",
    text: `select ${columns} from orders where status = $1 order by created desc limit $2`,
    values: [status, Math.min(Number(limit), 100)],
  });
  response.json(found.rows);
});

// (a join with products would be hashed as a whole for each order)
app.get("/orders/page", async (request, response) => {
  const { after = "0", limit = "10" } = request.query;
  const found = await pool.query({
    name: "orders-page",
    text: `
      select o.id, o.status, o.total, o.created,
        json_build_object('id', c.id, 'name', c.name, 'email', c.email) as customer, i.items
      from orders o
      join customers c on c.id = o.customer_id
      cross join lateral (
        select coalesce(json_agg(json_build_object('quantity', i.quantity, 'price', i.price, 'product',
          (select json_build_object('name', p.name) from products p where p.id = i.product_id))), '[]') as items
        from order_items i where i.order_id = o.id
      ) i
      where o.id > $1 order by o.id limit $2`,
    values: [after, Math.min(Number(limit), 100)],
  });
  response.json(found.rows);
});

app.get("/orders/:id", async (request, response) => {
  const found = await pool.query({
    name: "order-by-id",
    text: `select ${columns} from orders where id = $1`,
    values: [request.params.id],
  });
  if (found.rows.length === 0) return response.status(404).json({ message: "There is no such order" });
  response.json(found.rows[0]);
});

app.post("/orders", async (request, response) => {
  const { customerId, status, total, note } = request.body;
  await pool.query({
    name: "insert-order",
    text: "insert into orders (customer_id, status, total, note) values ($1, $2, $3, $4)",
    values: [customerId, status, total, note],
  });
  response.status(201).end();
});

app.listen(Number(process.env.PORT), "127.0.0.1");
