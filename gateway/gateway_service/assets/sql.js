// SQL laid out for people; it is only broken into lines, nothing of it is changed.
const CLAUSES = /^(?:select|from|where|order by|group by|having|limit|offset|left join|inner join|union all|returning|values|set)\b/i;
const LONG = 72;

/** SQL with its clauses, and what is in long parentheses, on lines of their own. */
export function layOut(text) {
  return clauses(text).map((clause) => clauseOf(clause, "")).join("\n");
}

function clauseOf(text, indent) {
  if (fits(text, indent)) return text;
  const [word, rest] = [CLAUSES.exec(text)?.[0] ?? "", text.replace(CLAUSES, "").trim()];
  const items = split(rest, ",");
  if (!word || items.length < 2) return `${word} ${expression(rest, indent)}`.trim();
  const deeper = `${indent}  `;
  return `${word}\n${items.map((item) => deeper + expression(item, deeper)).join(",\n")}`;
}

// The outermost long parentheses are opened one after the other.
function expression(text, indent) {
  const open = fits(text, indent) || /^case\b/i.test(text) ? -1 : longOpening(text, indent);
  if (open < 0) return text;
  const close = closing(text, open);
  const deeper = `${indent}  `;
  const inside = list(text.slice(open + 1, close).trim(), deeper);
  return `${text.slice(0, open + 1)}\n${deeper}${inside}\n${indent})${expression(text.slice(close + 1), indent)}`;
}

function longOpening(text, indent) {
  for (let open = text.indexOf("("); open >= 0; open = text.indexOf("(", closing(text, open))) {
    if (closing(text, open) < 0) return -1;
    if (!fits(text.slice(open, closing(text, open)), indent)) return open;
  }
  return -1;
}

// The inside of parentheses: a select again, or arguments, those of json_object two by two.
function list(text, indent) {
  const parts = clauses(text);
  if (/^select\b/i.test(text)) return parts.map((part) => clauseOf(part, indent)).join(`\n${indent}`);
  const items = split(text, ",");
  const named = items.length > 1 && items.length % 2 === 0 && items.every((item, place) => place % 2 || /^'(?:[^']|'')*'$/.test(item));
  const lines = [];
  for (let place = 0; place < items.length; place += named ? 2 : 1) {
    const key = named ? `${items[place]}, ` : "";
    lines.push(key + expression(items[named ? place + 1 : place], indent));
  }
  return lines.join(`,\n${indent}`);
}

const fits = (text, indent) => text.length + indent.length <= LONG;

// The text cut before each clause's word outside of parentheses and quotes.
function clauses(text) {
  const cuts = [0];
  walk(text, (at, depth) => {
    if (depth === 0 && at > 0 && /\s/.test(text[at - 1]) && CLAUSES.test(text.slice(at, at + 12))) cuts.push(at);
  });
  return cuts.map((cut, place) => text.slice(cut, cuts[place + 1]).trim());
}

function split(text, sign) {
  const cuts = [-1];
  walk(text, (at, depth) => { if (depth === 0 && text[at] === sign) cuts.push(at); });
  return cuts.map((cut, place) => text.slice(cut + 1, cuts[place + 1]).trim());
}

function closing(text, open) {
  let found = -1;
  walk(text.slice(open), (at, depth) => { if (found < 0 && depth === 0 && text[open + at] === ")") found = open + at; });
  return found;
}

// Visit every character outside of quotes with the depth of parentheses around it.
function walk(text, visit) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "'" || sign === '"') {
      at = text.indexOf(sign, at + 1);
      if (at < 0) return;
      continue;
    }
    if (sign === ")") depth--;
    visit(at, depth);
    if (sign === "(") depth++;
  }
}
