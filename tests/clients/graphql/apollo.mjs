// Apollo Client: the tour through its cache, and queries by GET.

import assert from "node:assert/strict";

import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";

import { headers, url } from "./suite.mjs";
import { tour } from "./tour.mjs";

const client = (options) =>
  new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url, headers, ...options }) });
const code = (error) => (CombinedGraphQLErrors.is(error) ? error.errors[0].extensions.code : String(error));

for (const options of [{}, { useGETForQueries: true }]) {
  const apollo = client(options);
  const ask = async (query, variables) => (await apollo.query({ query: gql(query), variables })).data;
  const tell = async (mutation, variables) => (await apollo.mutate({ mutation: gql(mutation), variables })).data;
  await tour("apollo", ask, tell, code);
}

const apollo = client({});
const query = gql("{ products(limit: 1, order_by: { id: asc }) { id name } }");
const { data } = await apollo.query({ query });
assert.equal(data.products[0].__typename, "products");
const cached = apollo.readFragment({ id: `products:${data.products[0].id}`, fragment: gql("fragment P on products { name }") });
assert.equal(cached.name, data.products[0].name);
