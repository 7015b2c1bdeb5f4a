// The control that says as whom one looks: a switch between a demo's accounts, else a login.
import { account, signIn, signOut } from "./session.js";
import { inTurn } from "./turns.js";

const find = (id) => document.getElementById(id);

/** The role that the page's address asks for. */
export const roleInAddress = () => new URLSearchParams(location.search).get("role") ?? "";

/** Show the control. `demo` are the accounts that are offered; `changed` is called, and waited for, after each change. */
export function showRoles(demo, changed) {
  if (demo.length) showSwitch(demo, changed);
  else showLogin(changed);
  document.querySelectorAll("[data-keeps-role]").forEach(keepRole);
}

/** Sign in as the role that the address names, if the demo has it. */
export async function takeRoleFromAddress(demo) {
  const wanted = demo.find((each) => each.role === roleInAddress());
  if (wanted) await become(wanted).catch(refused);
}

async function become(found) {
  find("roles").querySelector("legend").textContent = "Seen as";
  if (found) await signIn(found.email, found.password, { role: found.role, known: true });
}

// Nobody is signed in then: the switch says so, and why.
function refused(fault) {
  find("segments").querySelector("input").checked = true;
  find("roles").querySelector("legend").textContent = `Seen as anonymous: ${fault.message}`;
}

function showSwitch(demo, changed) {
  const choices = [null, ...demo].map((found) => segment(found, () => inTurn(async () => {
    if (account()) await signOut();
    await become(found).catch(refused);
    remember("role", account()?.role ?? "");
    await changed();
  })));
  find("segments").replaceChildren(...choices);
  find("roles").hidden = false;
}

function segment(found, chosen) {
  const label = document.createElement("label");
  const radio = document.createElement("input");
  const name = document.createElement("span");
  radio.type = "radio";
  radio.name = "role";
  radio.value = found ? found.role : "anonymous";
  radio.checked = (account()?.role ?? "") === (found ? found.role : "");
  radio.addEventListener("change", chosen);
  name.textContent = radio.value;
  label.append(radio, name);
  return label;
}

function showLogin(changed) {
  const form = find("sign-in");
  const show = () => {
    form.hidden = Boolean(account());
    find("signed-in").hidden = !account();
    find("who").textContent = account()?.email ?? "";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    find("refusal").textContent = await signIn(form.email.value, form.password.value).then(() => "", (fault) => fault.message);
    button.disabled = false;
    if (!account()) return;
    form.reset();
    show();
    await changed();
  });
  find("sign-out").addEventListener("click", async () => {
    await signOut();
    show();
    await changed();
  });
  show();
}

/** Keep a word of the page's state in its address, so that it can be shared. */
export function remember(name, value) {
  const address = new URL(location);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(null, "", address);
  document.querySelectorAll("[data-keeps-role]").forEach(keepRole);
}

function keepRole(link) {
  const role = roleInAddress();
  const address = new URL(link.href);
  if (role) address.searchParams.set("role", role);
  else address.searchParams.delete("role");
  link.href = address.pathname + address.search;
}
