// GraphiQL over the GraphQL API as one role sees it.
import { roleInAddress, showRoles, takeRoleFromAddress } from "./roles.js";
import { authorization, send } from "./session.js";

const { React, ReactDOM, GraphiQL } = window;
const place = document.getElementById("explorer");

async function ask(body, { headers } = {}) {
  const response = await send("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers, ...(await authorization()) },
    body: JSON.stringify(body),
  });
  return response.json();
}

async function examples() {
  const response = await send("/explore/examples", { headers: await authorization() });
  return response.json();
}

/** A new explorer for each role: its schema is another. */
async function show() {
  const { requests } = await examples();
  const query = requests ? JSON.parse(requests.graphql.body).query : "{ __typename }";
  ReactDOM.unmountComponentAtNode(place);
  ReactDOM.render(React.createElement(GraphiQL, { fetcher: ask, query, shouldPersistHeaders: false }), place);
}

const { demo } = await examples();
if (roleInAddress()) await takeRoleFromAddress(demo);
showRoles(demo, show);
await show();
