// Apollo Server with its standalone server, and a DataLoader for every relation.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import pg from "pg";
import { loaders } from "./loaders.js";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const columns = `id, customer_id as "customerId", status, total, note, created`;

const typeDefs = `
  type Customer { id: Int! name: String! email: String! city: String! }
  type Product { id: Int! name: String! price: Float! }
  type OrderItem { id: Int! quantity: Int! price: Float! product: Product! }
  type Order {
    id: Int! customerId: Int! status: String! total: Float! note: String created: String!
    customer: Customer! items: [OrderItem!]!
  }
  input NewOrder { customerId: Int! status: String! total: Float! note: String }
  type Query {
    order(id: Int!): Order
    orders(status: String!, first: Int = 20): [Order!]!
    ordersAfter(id: Int!, first: Int = 10): [Order!]!
  }
  type Mutation { createOrder(order: NewOrder!): Order! }
`;

async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

const resolvers = {
  Query: {
    order: async (_, { id }) => (await rows("order", `select ${columns} from orders where id = $1`, [id]))[0],
    orders: (_, { status, first }) =>
      rows(
        "orders",
        `select ${columns} from orders where status = $1 order by created desc limit $2`,
        [status, Math.min(first, 100)],
      ),
    ordersAfter: (_, { id, first }) =>
      rows("after", `select ${columns} from orders where id > $1 order by id limit $2`, [id, Math.min(first, 100)]),
  },
  Mutation: {
    createOrder: async (_, { order }) =>
      (
        await rows(
          "insert",
          `insert into orders (customer_id, status, total, note) values ($1, $2, $3, $4) returning ${columns}`,
          [order.customerId, order.status, order.total, order.note],
        )
      )[0],
  },
  Order: {
    created: (order) => order.created.toISOString(),
    customer: (order, _, context) => context.customer.load(order.customerId),
    items: (order, _, context) => context.items.load(order.id),
  },
  OrderItem: {
    product: (item, _, context) => context.product.load(item.productId),
  },
};

const server = new ApolloServer({ typeDefs, resolvers });
await startStandaloneServer(server, {
  listen: { port: Number(process.env.PORT), host: "127.0.0.1" },
  context: async () => loaders(rows),
});
