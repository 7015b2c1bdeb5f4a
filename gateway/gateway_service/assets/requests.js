// The text of a pane and the HTTP request that it stands for, for each of the three.
const FOLD = "\n  ";
const LINE = 34; // characters after which a parameter goes on on the next line, where there is a comma

/** REST as it goes over the wire: method and address (parameters a line each), headers, an empty line, a body. */
const rest = {
  text({ method, path, headers, body }) {
    const [address, query] = path.split(/\?(.*)/s);
    const parameters = query ? query.split("&").map((part, place) => folded(`${place ? "&" : "?"}${part}`)).join("") : "";
    const lines = Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`).join("");
    return `${method} ${address}${parameters}${lines}${body ? `\n\n${body}` : ""}`;
  },
  request(text) {
    const [head, ...rest] = text.replace(/\r\n?/g, "\n").trim().split(/\n[ \t]*\n/);
    const [first, ...lines] = head.replace(/\n[ \t]+/g, "").split("\n");
    const [method, path = ""] = first.trim().split(/\s+(.*)/s);
    const headers = Object.fromEntries(lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2)));
    const body = rest.join("\n\n");
    if (body && !headers["Content-Type"]) headers["Content-Type"] = "application/json";
    return { method: method.toUpperCase(), path, headers, body };
  },
};

function folded(parameter) {
  const lines = [""];
  for (const part of parameter.split(/(?<=,)(?![^(]*\))/)) {
    if (lines.at(-1) && (lines.at(-1) + part).length > LINE) lines.push("");
    lines[lines.length - 1] += part;
  }
  return FOLD + lines.join(`${FOLD}  `);
}

const graphql = {
  text: ({ body }) => JSON.parse(body).query,
  request: (text) => ({
    method: "POST", path: "/graphql", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query: text }),
  }),
};

const soap = {
  text: ({ body }) => body,
  request: (text) => ({
    method: "POST", path: "/soap/v1", body: text,
    headers: /xmlns(?::\w+)?\s*=\s*["']http:\/\/www\.w3\.org\/2003\/05\/soap-envelope/.test(text)
      ? { "Content-Type": "application/soap+xml; charset=utf-8" }
      : { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' },
  }),
};

/** How each pane reads and writes; `language` colours its text. */
export const APIS = {
  rest: { name: "REST", address: "/rest/v1", language: "http", ...rest },
  graphql: { name: "GraphQL", address: "/graphql", language: "graphql", ...graphql },
  soap: { name: "SOAP", address: "/soap/v1", language: "xml", ...soap },
};

/** The command that sends a request; `account` is whose (null: nobody's). */
export function curl({ method, path, headers, body }, account) {
  const words = ["curl"];
  if (account) words.push("-u", quoted(account.password ? `${account.email}:${account.password}` : account.email));
  if (method !== "GET" && !(method === "POST" && body)) words.push("-X", method);
  words.push(quoted(new URL(path, location.origin).href));
  for (const [name, value] of Object.entries(headers)) words.push("-H", quoted(`${name}: ${value}`));
  if (body) words.push("--data-binary", quoted(body));
  return words.join(" ");
}

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
