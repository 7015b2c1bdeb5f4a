// @refinedev/hasura: each method of Refine's data provider.

import assert from "node:assert/strict";

import createProvider, { GraphQLClient } from "@refinedev/hasura";

import { headers, refused, sku, url } from "./suite.mjs";

const provider = createProvider(new GraphQLClient(url, { headers }), { idType: "Int" });
const meta = { fields: ["id", "sku", "name", "price", "stock", { category: ["id", "name"] }] };
const code = (error) => error.response?.errors?.[0].extensions.code ?? error.code ?? String(error);

// lists: filters, orders, pages
const listed = await provider.getList({
  resource: "products",
  pagination: { currentPage: 2, pageSize: 4 },
  sorters: [{ field: "category.name", order: "asc" }, { field: "id", order: "desc" }],
  filters: [
    { field: "name", operator: "contains", value: "a" },
    { field: "price", operator: "gte", value: 1 },
    { operator: "or", value: [{ field: "stock", operator: "gt", value: 0 }, { field: "discontinued", operator: "eq", value: true }] },
  ],
  meta,
});
assert.equal(listed.data.length, 4);
assert.ok(listed.total > 4);
assert.ok(listed.data.every((product) => /a/i.test(product.name) && product.price >= 1 && product.category.name));
const count = async (filters) => (await provider.getList({ resource: "products", filters, meta })).total;
const total = await count([]);
for (const [operator, value, opposite] of [
  ["startswith", "cast", null], ["startswiths", "Cast", "nstartswiths"], ["endswith", "POT", null], ["endswiths", "pot", "nendswiths"],
  ["contains", "OT", "ncontains"], ["containss", "ot", "ncontainss"],
]) {
  const found = await count([{ field: "name", operator, value }]);
  assert.ok(found > 0 && found < total, operator);
  if (opposite) assert.equal(await count([{ field: "name", operator: opposite, value }]), total - found, opposite);
}
const nulls = [await count([{ field: "weight", operator: "null", value: true }]), await count([{ field: "weight", operator: "nnull", value: true }])];
assert.equal(nulls[0] + nulls[1], total);
assert.equal(await count([{ field: "category.name", operator: "in", value: [] }]), 0);
assert.equal(await count([{ field: "id", operator: "nin", value: [] }]), total);

// one and many: numbers come as they stand in an address
const { data: one } = await provider.getOne({ resource: "products", id: "1", meta });
assert.equal(one.sku, "TRV-00001");
const { data: many } = await provider.getMany({ resource: "products", ids: ["1", "2"], meta });
assert.deepEqual(many.map((product) => product.id).sort(), [1, 2]);

// create, update, delete: one and several
const number = sku("refine");
const { data: made } = await provider.create({ resource: "products", variables: { sku: number, name: "R", category_id: 1, price: 1 }, meta });
assert.equal(made.sku, number);
const { data: changed } = await provider.update({ resource: "products", id: String(made.id), variables: { name: "Refined" }, meta });
assert.equal(changed.name, "Refined");
const { data: gone } = await provider.deleteOne({ resource: "products", id: made.id, meta });
assert.equal(gone.id, made.id);
const tag = { fields: ["id", "name"] };
const { data: tags } = await provider.createMany({ resource: "tags", variables: [{ name: `${number}-a` }, { name: `${number}-b` }], meta: tag });
assert.equal(tags.length, 2);
const ids = tags.map((item) => item.id);
const renamed = await provider.updateMany({ resource: "tags", ids: ids.slice(0, 1), variables: { name: `${number}-c` }, meta: tag });
assert.deepEqual(renamed.data.map((item) => item.name), [`${number}-c`]);
assert.equal((await provider.deleteMany({ resource: "tags", ids, meta: tag })).data.length, 2);

// what is refused
await refused(provider.getOne({ resource: "products", id: 1, meta: { fields: ["nope"] } }), "validation-failed", code);
await refused(
  provider.create({ resource: "products", variables: { sku: "TRV-00001", name: "x", category_id: 1, price: 1 }, meta }),
  "constraint-violation",
  code,
);
