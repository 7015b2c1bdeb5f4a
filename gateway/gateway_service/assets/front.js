// The front page: what is served, whose eyes it is seen with, and three panes that ask it.
import { differences } from "./answers.js";
import { showBehind } from "./behind.js";
import { Pane } from "./pane.js";
import { remember, showRoles, takeRoleFromAddress } from "./roles.js";
import { account, authorization, send } from "./session.js";
import { inTurn } from "./turns.js";

const find = (id) => document.getElementById(id);
const panes = [...document.querySelectorAll(".pane")].map((section) => new Pane(section, () => showBehind(panes)));

let view = null; // what the gateway told last: role, resources, resource, requests, demo

async function look(resource) {
  const query = resource ? `?resource=${encodeURIComponent(resource)}` : "";
  const response = await send(`/explore/examples${query}`, { headers: await authorization() });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).title ?? `the gateway answered ${response.status}`);
  return response.json();
}

/** Show the resources that may be seen, and the requests for the chosen one where there are any. */
function show(found, { keepEdits }) {
  view = found;
  const count = found.resources.length;
  const rest = found.signed_in ? "" : count ? " There may be more behind a login." : " Sign in to see what is served.";
  find("seen").textContent = `As ${found.role} you see ${count ? tables(count) : "no table or view"}.${rest}`;
  fillResources(found);
  document.querySelector(".panes").hidden = !found.requests && !panes[0].written;
  if (!found.requests) return;
  for (const pane of panes) if (!keepEdits || !pane.edited) pane.write(found.requests[pane.api]);
}

const tables = (count) => `${count} ${count === 1 ? "table or view" : "tables and views"}`;

function fillResources({ resources, resource }) {
  const unseen = resource && !resources.some(({ name }) => name === resource);
  const options = resources.map(({ name, kind }) => new Option(kind === "table" ? name : `${name} (${kind})`, name));
  if (unseen) options.unshift(new Option(`${resource} (not for ${view.role})`, resource));
  find("resource").replaceChildren(...options);
  find("resource").value = resource ?? "";
  find("resource").disabled = find("run-all").disabled = !options.length;
  find("resource").parentElement.hidden = find("run-all").hidden = !options.length;
}

const askAll = () => Promise.all(panes.map((pane) => pane.ask()));

async function choose(resource) {
  remember("resource", resource);
  tell();
  await guarded(async () => {
    show(await look(resource), { keepEdits: false });
    await askAll();
  });
}

/** Ask the same with other eyes, and tell what that changes. */
async function seeAgain() {
  await guarded(async () => {
    const [role, tables, rows] = [view.role, view.resources, panes[0].answer?.rows];
    show(await look(view.resource), { keepEdits: true });
    await askAll();
    tellChange(role, tables.length, rows);
  });
}

function tellChange(oldRole, oldTables, oldRows) {
  const answer = panes[0].answer;
  const parts = [`${oldRole} → ${view.role}: `];
  if (!answer?.ok) parts.push(`${view.role} may not see ${view.resource}, in none of the three.`);
  else if (oldRows && answer.rows) parts.push(...described(differences(oldRows, answer.rows)));
  else parts.push(`${view.resource} can be seen now.`);
  const fewer = oldTables - view.resources.length;
  if (fewer) parts.push(` ${tables(Math.abs(fewer))} ${fewer > 0 ? "fewer" : "more"} in sight.`);
  tell(...parts);
}

function described({ gone, come }) {
  if (!gone.length && !come.length) return ["the same rows and fields."];
  const parts = [];
  if (gone.length) parts.push("vanished ", ...marked(gone, "gone"), come.length ? "; " : ".");
  if (come.length) parts.push("now seen ", ...marked(come, "come"), ".");
  return parts;
}

function marked(names, kind) {
  return names.flatMap((name, place) => {
    const code = document.createElement("code");
    code.className = kind;
    code.textContent = name;
    return place ? [", ", code] : [code];
  });
}

const tell = (...parts) => find("change").replaceChildren(...parts);

async function guarded(work) {
  try {
    await work();
  } catch (fault) {
    const health = document.createElement("a");
    health.href = "/readyz";
    health.textContent = "Health";
    find("seen").replaceChildren(`Nothing can be seen at present: ${fault.message}. `, health, " says what is missing.");
  }
}

/** A document for one role can't be had by a plain link: it is fetched with the login, and saved. */
function keepLogin(link, name) {
  link.addEventListener("click", async (event) => {
    if (!account()) return;
    event.preventDefault();
    const response = await send(link.href, { headers: await authorization() });
    const saved = document.createElement("a");
    saved.href = URL.createObjectURL(await response.blob());
    saved.download = name;
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 10_000);
  });
}

async function begin() {
  keepLogin(find("wsdl"), "trivet.wsdl");
  keepLogin(find("openapi"), "openapi.json");
  find("resource").addEventListener("change", (event) => inTurn(() => choose(event.target.value)));
  find("run-all").addEventListener("click", askAll);
  const wanted = new URLSearchParams(location.search).get("resource");
  let found = await look(wanted);
  await takeRoleFromAddress(found.demo);
  if (account()) found = await look(wanted);
  if (!found.requests) found = await look("");
  showRoles(found.demo, seeAgain);
  show(found, { keepEdits: false });
  if (found.requests) await askAll();
}

guarded(begin);
