// One tour through the demo store for every client that sends documents of one's own: read, write, be refused.
//
// `ask(document, variables)` answers the data; `tell(document, variables)` the same for a mutation; `code(error)` finds
// Hasura's code in what the client throws.

import assert from "node:assert/strict";

import { refused, role, sku } from "./suite.mjs";

const LIST = `query Products($where: products_bool_exp!, $order: [products_order_by!], $limit: Int, $offset: Int) {
  products(where: $where, order_by: $order, limit: $limit, offset: $offset) {
    ...Short
    category { id name }
    tags(order_by: { name: asc }) { id name }
  }
  products_aggregate(where: $where) { aggregate { count max { price } } }
}
fragment Short on products { id sku name price stock }`;
const ONE = `query One($id: Int!) { products_by_pk(id: $id) { id name price } }`;
const ORDERS = `{ orders(order_by: { id: asc }, limit: 2) {
  id status customer { id name } order_items(order_by: [{ line_no: asc }]) { line_no quantity product { id name } } } }`;
const CREATE = `mutation Create($object: products_insert_input!) {
  insert_products_one(object: $object) { id sku name price stock attributes category { id name } } }`;
const CREATE_TWO = `mutation CreateTwo($objects: [tags_insert_input!]!) {
  insert_tags(objects: $objects) { affected_rows returning { id name } } }`;
const CHANGE = `mutation Change($id: Int!, $set: products_set_input, $more: Int) {
  update_products_by_pk(pk_columns: { id: $id }, _set: $set, _inc: { stock: $more }) { id name stock } }`;
const CHANGE_TAGS = `mutation ChangeTags($names: [String!]!) {
  update_tags(where: { name: { _in: $names } }, _set: { name: "none" }) { affected_rows } }`;
const REMOVE = `mutation Remove($id: Int!, $names: [String!]!) {
  delete_products_by_pk(id: $id) { id name }
  delete_tags(where: { name: { _in: $names } }) { affected_rows } }`;

export async function tour(client, ask, tell, code) {
  await read(ask);
  await write(sku(client), ask, tell, code);
  await fail(ask, tell, code);
}

async function read(ask) {
  const where = { price: { _gt: 5 }, name: { _ilike: "%a%" }, category: { name: { _is_null: false } } };
  const page = (offset) => ask(LIST, { where, order: [{ price: "desc" }, { id: "asc" }], limit: 5, offset });
  const [first, second] = [await page(0), await page(5)];
  const prices = [...first.products, ...second.products].map((product) => product.price);
  assert.equal(prices.length, 10);
  assert.deepEqual(prices, [...prices].sort((a, b) => b - a));
  assert.equal(first.products_aggregate.aggregate.max.price, prices[0]);
  assert.ok(first.products_aggregate.aggregate.count >= 10);
  assert.ok(first.products.every((product) => product.category.name && Array.isArray(product.tags)));
  const { products_by_pk: one } = await ask(ONE, { id: first.products[0].id });
  assert.equal(one.name, first.products[0].name);
  assert.deepEqual(await ask(ONE, { id: 999999 }), { products_by_pk: null });
  const { orders } = await ask(ORDERS, {});
  assert.equal(orders.length, 2);
  assert.ok(orders.every((order) => order.customer.name && order.order_items.every((item) => item.product.id)));
}

async function write(number, ask, tell, code) {
  const object = { sku: number, name: "Tour", category_id: 1, price: 12.5, attributes: { colour: "red" } };
  const { insert_products_one: made } = await tell(CREATE, { object });
  assert.equal(made.sku, number);
  assert.equal(made.stock, 0);
  assert.equal(made.price, 12.5);
  assert.deepEqual(made.attributes, { colour: "red" });
  await refused(tell(CREATE, { object }), "constraint-violation", code);
  const names = [`${number}-a`, `${number}-b`];
  const { insert_tags: tags } = await tell(CREATE_TWO, { objects: names.map((name) => ({ name })) });
  assert.equal(tags.affected_rows, 2);
  assert.deepEqual(tags.returning.map((tag) => tag.name), names);
  const { update_products_by_pk: changed } = await tell(CHANGE, { id: made.id, set: { name: "Toured" }, more: 3 });
  assert.deepEqual([changed.name, changed.stock], ["Toured", 3]);
  await refused(tell(CHANGE_TAGS, { names }), "constraint-violation", code); // both would be called so: neither is
  const removed = await tell(REMOVE, { id: made.id, names });
  assert.equal(removed.delete_products_by_pk.name, "Toured");
  assert.equal(removed.delete_tags.affected_rows, 2);
}

async function fail(ask, tell, code) {
  await refused(ask("{ products { nope } }", {}), "validation-failed", code);
  await refused(ask(ONE, { id: "x" }), "data-exception", code);
  await refused(ask(ONE, {}), "validation-failed", code);
  const SALARY = "{ employees(limit: 1) { salary } }";
  const CHANGE_CUSTOMERS = "mutation { delete_customers(where: { id: { _eq: 0 } }) { affected_rows } }";
  if (role === "admin") {
    assert.equal((await ask(SALARY, {})).employees.length, 1);
    assert.equal((await tell(CHANGE_CUSTOMERS, {})).delete_customers.affected_rows, 0);
  } else {
    await refused(ask(SALARY, {}), "validation-failed", code);
    await refused(tell(CHANGE_CUSTOMERS, {}), "validation-failed", code);
  }
}
