// node-soap on Node's http server: two operations of a WSDL written by hand.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";
import soap from "soap";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const columns = "id, customer_id, status, total, note, created";

// (null would be written as xsi:nil without that prefix's namespace)
function element(row) {
  return { ...row, note: row.note ?? undefined, created: row.created.toISOString() };
}

const services = {
  Orders: {
    OrdersSoap: {
      async GetOrder({ id }) {
        const found = await pool.query({
          name: "order-by-id",
          text: `select ${columns} from orders where id = $1`,
          values: [id],
        });
        return { order: found.rows.map(element) };
      },
      async ListOrders({ status, limit }) {
        const found = await pool.query({
          name: "orders-by-status",
          text: `select ${columns} from orders where status = $1 order by created desc limit $2`,
          values: [status, Math.min(Number(limit), 100)],
        });
        return { order: found.rows.map(element) };
      },
    },
  },
};

const server = createServer((_, response) => response.writeHead(404).end());
server.listen(Number(process.env.PORT), "127.0.0.1");
soap.listen(server, "/soap", services, readFileSync(new URL("orders.wsdl", import.meta.url), "utf8"));
