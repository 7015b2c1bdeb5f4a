// Where the suite is and who asks, as the environment says.

import assert from "node:assert/strict";

export const url = process.env.GRAPHQL_URL;
export const role = process.env.ROLE;
export const headers = process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {};

// A product's number that no other run gives.
export const sku = (client) => `${client}-${role}-${process.pid}`.slice(0, 20);

// Fails unless `work` is refused with Hasura's code `code`; `read` finds the code in what was thrown.
export async function refused(work, code, read) {
  const found = await work.then(
    (value) => assert.fail(`not refused: ${JSON.stringify(value)}`),
    (error) => read(error),
  );
  assert.equal(found, code);
}
