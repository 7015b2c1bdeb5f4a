// Light colouring: a text becomes spans by the first pattern that fits at each place.
const PATTERNS = {
  json: [["key", /"(?:[^"\\]|\\.)*"(?=\s*:)/y], ["text", /"(?:[^"\\]|\\.)*"/y],
    ["number", /-?\d[\d.eE+-]*/y], ["word", /\b(?:true|false|null)\b/y], ["mark", /[{}[\],:]+/y]],
  graphql: [["mark", /#[^\n]*/y], ["text", /"""[^]*?"""|"(?:[^"\\\n]|\\.)*"/y], ["key", /[_A-Za-z]\w*(?=\s*:)/y],
    ["word", /\b(?:query|mutation|subscription|fragment|on|true|false|null|asc|desc)\b|\$\w+|@\w+/y],
    ["number", /-?\b\d[\d.eE+-]*/y], ["mark", /[{}()[\],:!]+/y], ["", /\w+/y]],
  xml: [["mark", /<!--[^]*?-->|<\?[^]*?\?>/y], ["word", /<\/?[\w:.-]+|\/?>/y], ["key", /[\w:.-]+(?==")/y],
    ["text", /"[^"]*"(?=[^<]*>)/y], ["number", /-?\d+(?:\.\d+)?(?=<)/y], ["", /[\w:.-]+/y]],
  http: [["word", /^(?:GET|POST|PATCH|PUT|DELETE|HEAD|OPTIONS)\b/my], ["key", /^[A-Za-z][\w-]*(?=:)/my],
    ["key", /[?&][^=&\s]*(?==)/y], ["text", /"(?:[^"\\]|\\.)*"/y], ["number", /\b\d+(?:\.\d+)?\b/y],
    ["mark", /[(),=:]+/y], ["", /\w+/y]],
  sql: [["text", /'(?:[^']|'')*'/y], ["key", /"(?:[^"]|"")*"/y], ["number", /\$\d+|\?\d*|\b\d+(?:\.\d+)?\b/y],
    ["word", /\b(?:select|from|where|and|or|not|as|order|by|limit|offset|left|inner|join|lateral|on|case|when|then|else|end|null|is|in|exists|insert|into|values|update|set|delete|returning|with|distinct|group|having|asc|desc|nulls|first|last|true|false|between|like)\b/iy],
    ["", /\w+/y], ["mark", /[(),.;|:=<>]+/y]],
  yaml: [["mark", /#[^\n]*/y], ["key", /[\w'"*-]+(?=:)/y], ["text", /'[^'\n]*'|"[^"\n]*"/y], ["word", /\b(?:true|false|null)\b/y],
    ["number", /\b\d+(?:\.\d+)?\b/y], ["", /[\w-]+/y], ["mark", /[[\]{},:]+/y]],
  text: [],
};

/** Fill `target` with `text`, coloured as `language`: text nodes and spans, never markup. */
export function highlight(target, text, language) {
  const patterns = PATTERNS[language];
  const parts = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const [kind, found] = first(patterns, text, at);
    if (kind) {
      parts.push(plain, span(kind, found));
      plain = "";
    } else {
      plain += found;
    }
    at += found.length;
  }
  target.replaceChildren(...parts.filter(Boolean), plain);
}

function first(patterns, text, at) {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found && found[0]) return [kind, found[0]];
  }
  return ["", text[at]];
}

function span(kind, text) {
  const made = document.createElement("span");
  made.className = `t-${kind}`;
  made.textContent = text;
  return made;
}
