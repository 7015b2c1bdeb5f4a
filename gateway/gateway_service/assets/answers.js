// What an answer holds, whatever its protocol: its rows, and what data told of the statement and the rules.

/** The rows of an answer as flat [path, text] pairs each, in order; null where it holds none. */
export function rowsOf(api, text) {
  try {
    return READERS[api](text);
  } catch {
    return null;
  }
}

const READERS = {
  rest: (text) => listed(JSON.parse(text)),
  graphql: (text) => listed(Object.values(JSON.parse(text).data)[0]),
  soap(text) {
    const items = [...new DOMParser().parseFromString(text, "text/xml").querySelectorAll("Body > * > items > *")];
    return text.includes(":Fault>") ? null : items.map((item) => [...leaves(item, "")]);
  },
};

const listed = (found) => (Array.isArray(found) ? found.map((row) => [...members(row, "")]) : null);

function* members(value, path) {
  for (const [key, item] of Object.entries(value)) {
    if (item && typeof item === "object" && !Array.isArray(item)) yield* members(item, `${path}${key}.`);
    else yield [path + key, String(JSON.stringify(item))];
  }
}

function* leaves(element, path) {
  for (const child of element.children) {
    if (child.children.length) yield* leaves(child, `${path}${child.tagName}.`);
    else yield [path + child.tagName, child.textContent];
  }
}

/** The explanation that came with an answer, { statement, rules }; null where data gave none. */
export function explanationOf(response) {
  const header = response.headers.get("X-Trivet-Explanation");
  if (!header) return null;
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(header), (sign) => sign.charCodeAt(0))));
}

/** What one list of rows has and the other has not: fields by path, rows by the value of their first field. */
export function differences(before, after) {
  const fields = (rows) => new Set(rows.flatMap((row) => row.map(([path]) => path)));
  const names = (rows) => new Set(rows.filter((row) => row.length).map(([[path, value]]) => `${path} ${value}`));
  const without = (all, others) => [...all].filter((each) => !others.has(each));
  const nested = (paths) => paths.filter((path) => !paths.some((other) => path.startsWith(`${other}.`)));
  const [oldFields, newFields] = [fields(before), fields(after)];
  const [oldRows, newRows] = [names(before), names(after)];
  return {
    gone: [...nested(without(oldFields, newFields)), ...without(oldRows, newRows).map((name) => `row ${name}`)],
    come: [...nested(without(newFields, oldFields)), ...without(newRows, oldRows).map((name) => `row ${name}`)],
  };
}
