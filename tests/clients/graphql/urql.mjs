// urql: the tour through its cache, which adds type names to every document; by POST and by GET.

import assert from "node:assert/strict";

import { Client, cacheExchange, fetchExchange } from "@urql/core";

import { headers, url } from "./suite.mjs";
import { tour } from "./tour.mjs";

const answered = async (answer) => {
  const { data, error } = await answer;
  if (error) throw error;
  return data;
};
const code = (error) => error.graphQLErrors?.[0]?.extensions.code ?? String(error);

for (const preferGetMethod of [false, "force"]) {
  const urql = new Client({ url, exchanges: [cacheExchange, fetchExchange], fetchOptions: { headers }, preferGetMethod });
  const ask = (query, variables) => answered(urql.query(query, variables).toPromise());
  const tell = (mutation, variables) => answered(urql.mutation(mutation, variables).toPromise());
  await tour("urql", ask, tell, code);
  const { orders } = await ask("{ orders(limit: 1) { id customer { id } } }", {});
  assert.deepEqual([orders[0].__typename, orders[0].customer.__typename], ["orders", "customers"]);
}
