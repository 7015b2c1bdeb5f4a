// The audit of GraphQL over HTTP: every MUST, SHOULD and MAY.

import { serverAudits } from "graphql-http";

import { headers, url } from "./suite.mjs";

const fetchFn = (address, init = {}) => fetch(address, { ...init, headers: { ...init.headers, ...headers } });
const audits = serverAudits({ url, fetchFn });
const failed = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== "ok") failed.push(`${audit.id} ${audit.name}: ${result.reason}`);
}
console.log(`${audits.length - failed.length} of ${audits.length}`);
if (failed.length > 0) {
  console.error(failed.join("\n"));
  process.exitCode = 1;
}
