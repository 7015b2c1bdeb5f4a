// graphql-request: the tour, by POST and by GET, and several documents in one request.

import assert from "node:assert/strict";

import { GraphQLClient } from "graphql-request";

import { headers, url } from "./suite.mjs";
import { tour } from "./tour.mjs";

const code = (error) => error.response?.errors?.[0].extensions.code ?? String(error);
const poster = new GraphQLClient(url, { headers });
const getter = new GraphQLClient(url, { headers, method: "GET" });
const tell = (document, variables) => poster.request(document, variables);

await tour("request", tell, tell, code);
await tour("request", (document, variables) => getter.request(document, variables), tell, code);

const answers = await poster.batchRequests([
  { document: "{ products_aggregate { aggregate { count } } }" },
  { document: "query ($id: Int!) { products_by_pk(id: $id) { id } }", variables: { id: 1 } },
]);
assert.ok(answers[0].data.products_aggregate.aggregate.count > 0);
assert.deepEqual(answers[1].data, { products_by_pk: { id: 1 } });
