// ra-data-hasura: each method of react-admin's data provider.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { headers, refused, role, sku, url } from "./suite.mjs";

const require = createRequire(import.meta.url); // it is published for require alone
const buildHasuraProvider = require("ra-data-hasura").default;

const provider = await buildHasuraProvider({ clientOptions: { uri: url, headers } });
const sorted = (values) => values.every((value, index) => index === 0 || values[index - 1] <= value);
const code = (error) => error.body?.graphQLErrors?.[0].extensions.code ?? String(error);

const list = (resource, filter, sort = { field: "id", order: "ASC" }, page = 1, perPage = 5) =>
  provider.getList(resource, { filter, sort, pagination: { page, perPage } });

// lists: filters of its own forms, orders of its own forms, pages
const all = await list("products", {}, { field: "price", order: "ASC" }, 2);
assert.equal(all.data.length, 5);
assert.ok(all.total > 100);
assert.ok(sorted(all.data.map((product) => product.price)));
const named = await list("products", { name: "pot", "price@_gte": "1", discontinued: false });
assert.ok(named.total > 0 && named.data.every((product) => /pot/i.test(product.name) && !product.discontinued));
const either = await list("products", { "name@_ilike,sku@_like": "TRV-00001" });
assert.deepEqual(either.data.map((product) => product.id), [1]);
const related = await list("orders", { "customer#id": "1" }, { field: "customer.name", order: "DESC" });
assert.ok(related.data.every((order) => order.customer_id === 1));
const several = await list("order_items", { product_id: [1, "2"] }, { field: "quantity,line_no", order: "desc,asc" });
assert.ok(several.total > 0);
const nulls = await list("products", { "weight@_is_null": true }, { field: "released_on@nulls_first", order: "ASC" });
assert.ok(nulls.total > 0);
const raw = await list("products", { name: { format: "hasura-raw-query", value: { _regex: "^Cast" } } });
assert.ok(raw.total > 0 && raw.data.every((product) => product.name.startsWith("Cast")));
const distinct = await list("orders", { distinct_on: "status" }, { field: "status", order: "ASC" }, 1, 10);
assert.deepEqual(distinct.data.map((order) => order.status), ["cancelled", "new", "paid", "returned", "shipped"]);

// one, many, those of another
const { data: one } = await provider.getOne("products", { id: "1" });
assert.equal(one.sku, "TRV-00001");
const { data: many } = await provider.getMany("products", { ids: ["1", 2, "999999"] });
assert.deepEqual(many.map((product) => product.id).sort(), [1, 2]);
const items = await provider.getManyReference("order_items", {
  target: "order_id", id: "1", filter: {}, sort: { field: "line_no", order: "ASC" }, pagination: { page: 1, perPage: 50 },
});
assert.ok(items.total > 0 && items.data.every((item) => item.order_id === 1));

// create, update, delete: one and several
const number = sku("ra");
const { data: made } = await provider.create("products", { data: { sku: number, name: "Admin", category_id: 1, price: "3.50", released_on: "" } });
assert.deepEqual([made.sku, made.price, made.released_on], [number, 3.5, null]);
const { data: changed } = await provider.update("products", { id: String(made.id), data: { ...made, name: "Administrator" }, previousData: made });
assert.equal(changed.name, "Administrator");
const { data: both } = await provider.updateMany("products", { ids: [made.id], data: { stock: 7 } });
assert.deepEqual(both, [made.id]);
assert.equal((await provider.getOne("products", { id: made.id })).data.stock, 7);
const { data: gone } = await provider.delete("products", { id: made.id });
assert.equal(gone.id, made.id);
const tags = [];
for (const suffix of ["a", "b"]) tags.push((await provider.create("tags", { data: { name: `${number}-${suffix}` } })).data.id);
assert.deepEqual((await provider.deleteMany("tags", { ids: tags.map(String) })).data.sort(), tags.sort());

// what is refused
await refused(provider.create("products", { data: { sku: "TRV-00001", name: "x", category_id: 1, price: 1 } }), "constraint-violation", code);
if (role !== "admin") {
  const employees = await list("employees", {});
  assert.ok(employees.data.every((employee) => !("salary" in employee)));
}
