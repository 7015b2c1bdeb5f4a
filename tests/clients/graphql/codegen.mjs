// graphql-codegen: types of a schema that is asked for over the network, and of documents against it, without a warning.

import assert from "node:assert/strict";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import * as typescript from "@graphql-codegen/typescript";
import { buildClientSchema, getIntrospectionQuery, parse, printSchema, validateSchema } from "graphql";

import { headers, role, url } from "./suite.mjs";

const warnings = [];
for (const method of ["warn", "error"]) console[method] = (...words) => warnings.push(words.join(" "));
process.on("warning", (warning) => {
  if (warning.name !== "DeprecationWarning") warnings.push(String(warning)); // of the packages' own, not of the schema
});

const introspect = async () => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ query: getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }) }),
  });
  return (await response.json()).data;
};

const found = await introspect();
assert.deepEqual(await introspect(), found);
const schema = buildClientSchema(found);
assert.deepEqual(validateSchema(schema), []);

const document = `
  query Products($where: products_bool_exp, $order: [products_order_by!]) {
    products(where: $where, order_by: $order, limit: 2) { ...product category { name } tags { name } }
    products_aggregate(where: $where) { aggregate { count max { price } } }
  }
  mutation Rename($id: Int!, $set: products_set_input!) {
    update_products_by_pk(pk_columns: { id: $id }, _set: $set) { ...product }
  }
  fragment product on products { id sku name price }
`;
const config = { strictScalars: false, enumsAsTypes: true };
const output = await codegen({
  schema: parse(printSchema(schema)),
  schemaAst: schema,
  documents: [{ location: "products.graphql", document: parse(document) }],
  filename: "types.ts",
  config,
  plugins: [{ typescript: {} }, { operations: {} }],
  pluginMap: { typescript, operations },
});
for (const expected of ["export type ProductsQuery ", "export type RenameMutation ", "export type ProductFragment ", "Products_Bool_Exp"]) {
  assert.ok(output.includes(expected), `${expected} is missing for ${role}`);
}
assert.deepEqual(warnings, []);
