// What is behind the answers: the rules that decided, and the SQL, where data tells of them.
import { highlight } from "./highlight.js";
import * as layout from "./layout.js";
import { APIS } from "./requests.js";
import { layOut } from "./sql.js";

const find = (id) => document.getElementById(id);

/** Show what the panes' explanations say; nothing is shown where there are none. */
export function showBehind(panes) {
  const explained = panes.filter((pane) => pane.answer?.explanation);
  find("behind").hidden = !explained.length;
  if (!explained.length) return;
  showRules(explained.flatMap((pane) => pane.answer.explanation.rules));
  showStatements(explained.filter((pane) => pane.answer.explanation.statement));
}

function showRules(rules) {
  const unlike = [...new Map(rules.map((rule) => [`${rule.resource} ${rule.verb} ${rule.role}`, rule])).values()];
  find("rule-list").replaceChildren(...unlike.map(ruleShown));
  find("rules").querySelector("h3").textContent = unlike.length > 1 ? "The rules that decided" : "The rule that decided";
}

function ruleShown(rule) {
  const box = made("div", "rule");
  const line = made("p");
  line.append(made("span", "place", rule.place ?? (rule.role === "admin" ? "built in" : "no line")), made("span", "", meaning(rule)));
  box.append(line);
  if (rule.text) box.append(code(`${rule.verb}:\n${layout.rule(rule.text).replace(/^/gm, "  ")}`, "yaml"));
  return box;
}

function meaning({ place, role, resource, verb }) {
  const deed = { select: "see", insert: "create", update: "change", delete: "delete" }[verb];
  if (place) return `what ${role} may ${deed} of ${resource}`;
  if (role === "admin") return "admin may do everything";
  return `in the configuration lets ${role} ${deed} ${resource}`;
}

function showStatements(panes) {
  const byText = new Map();
  for (const pane of panes) {
    const text = pane.answer.explanation.statement;
    byText.set(text, [...(byText.get(text) ?? []), APIS[pane.api].name]);
  }
  const found = [...byText];
  find("statements").hidden = !found.length;
  find("statement-title").textContent = title(found);
  find("statement-hint").textContent = hint(found);
  find("statement-list").replaceChildren(...(found.length === 1 ? [code(layOut(found[0][0]), "sql")] : found.map(folded)));
}

function title(found) {
  const all = found.length === 1 && found[0][1].length === Object.keys(APIS).length;
  return all ? "The one SQL statement behind all three" : "One SQL statement each";
}

// The database writes each answer's JSON itself; what comes after that is where the rows are from, and who may see them.
function hint(found) {
  const sources = new Set(found.map(([text]) => text.slice(text.lastIndexOf(" from (")).split(" as t1", 1)[0]));
  const same = found.length > 1 && sources.size === 1;
  const alike = "The same select in each: the database writes the answer's JSON itself, and GraphQL's has its data around it. ";
  return `${same ? alike : ""}Values are bound, never written into it.`;
}

function folded([text, names], place) {
  const box = made("details");
  box.open = place === 0;
  box.append(made("summary", "", listed(names)), code(layOut(text), "sql"));
  return box;
}

const listed = (names) => names.join(" and ");

function code(text, language) {
  const box = made("pre");
  const inner = made("code");
  box.tabIndex = 0;
  highlight(inner, text, language);
  box.append(inner);
  return box;
}

function made(tag, kind = "", text = "") {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.textContent = text;
  return element;
}
