// Answers laid out for people. Numbers and texts stay as they came: nothing is parsed into JavaScript's own values.
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON text with line breaks; what fits in `width` characters stays on one. Returns null where it is not JSON. */
export function json(text, width) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(TOKENS) ?? [];
  let at = 0;
  const value = () => {
    const token = tokens[at++];
    if (token !== "{" && token !== "[") return token;
    const members = [];
    for (const close = token === "{" ? "}" : "]"; tokens[at] !== close;) {
      if (tokens[at] === ",") at++;
      else if (token === "[") members.push(["", value()]);
      else { const key = tokens[at]; at += 2; members.push([`${key}: `, value()]); }
    }
    at++;
    return { open: token, members };
  };
  return printed(value(), "", width);
}

function printed(value, indent, width) {
  if (typeof value === "string") return value;
  const close = value.open === "{" ? "}" : "]";
  if (!value.members.length) return value.open + close;
  const inner = value.members.map(([key, item]) => {
    const line = `${indent}  ${key}`;
    const short = oneLine(item);
    return line + (line.length + short.length < width ? short : printed(item, `${indent}  `, width));
  });
  return `${value.open}\n${inner.join(",\n")}\n${indent}${close}`;
}

function oneLine(value) {
  if (typeof value === "string") return value;
  if (!value.members.length) return value.open === "{" ? "{}" : "[]";
  const inner = value.members.map(([key, item]) => key + oneLine(item)).join(", ");
  return value.open === "{" ? `{ ${inner} }` : `[${inner}]`;
}

/** XML text with an element a line, those with text alone on one. Returns null where it is not XML. */
export function xml(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  if (parsed.querySelector("parsererror")) return null;
  const lines = [];
  element(parsed.documentElement, "", lines);
  return lines.join("\n");
}

function element(node, indent, lines) {
  const attributes = [...node.attributes].map((each) => ` ${each.name}="${escaped(each.value)}"`).join("");
  const children = [...node.children];
  if (children.length) {
    lines.push(`${indent}<${node.tagName}${attributes}>`);
    children.forEach((child) => element(child, `${indent}  `, lines));
    lines.push(`${indent}</${node.tagName}>`);
  } else if (node.textContent) {
    lines.push(`${indent}<${node.tagName}${attributes}>${escaped(node.textContent)}</${node.tagName}>`);
  } else {
    lines.push(`${indent}<${node.tagName}${attributes}/>`);
  }
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

/** A rule's JSON as the configuration would have it: a key a line, what is below it in flow style. */
export function rule(text) {
  const flow = (value) => {
    if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
    if (value && typeof value === "object") return `{${Object.entries(value).map(([key, item]) => `${key}: ${flow(item)}`).join(", ")}}`;
    return value === "*" ? "'*'" : String(value);
  };
  const members = Object.entries(JSON.parse(text));
  return members.map(([key, value]) => `${key}: ${flow(value)}`).join("\n");
}
