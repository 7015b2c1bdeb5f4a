// One pane: a request that can be edited, and its answer.
import { explanationOf, rowsOf } from "./answers.js";
import { highlight } from "./highlight.js";
import * as layout from "./layout.js";
import { APIS, curl } from "./requests.js";
import { account, authorization, send } from "./session.js";

const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

export class Pane {
  /** Fill `section` from the page's template. `asked` is called with this pane after each answer. */
  constructor(section, asked) {
    this.api = section.dataset.api;
    this.about = APIS[this.api];
    this.section = section;
    this.written = "";
    this.asked = asked;
    this.answer = null; // { ok, status, rows, explanation }
    section.append(document.getElementById("pane").content.cloneNode(true));
    const find = (selector) => section.querySelector(selector);
    this.colours = find(".editor code");
    this.editor = find("textarea");
    this.outcome = find(".outcome");
    this.shown = find(".answer code");
    find("h2").textContent = this.about.name;
    find("h2").id = `${this.api}-name`;
    find(".address").textContent = this.about.address;
    this.editor.setAttribute("aria-label", `${this.about.name} request`);
    find(".answer").setAttribute("aria-label", `${this.about.name} answer`);
    find(".run").setAttribute("aria-label", `Ask ${this.about.name}`);
    find(".curl").setAttribute("aria-label", `Copy the ${this.about.name} request as curl`);
    find(".run").addEventListener("click", () => this.ask());
    find(".curl").addEventListener("click", (event) => this.copy(event.currentTarget));
    this.editor.addEventListener("input", () => this.colour());
    this.editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.ask();
      }
    });
  }

  /** True where the text is not the one that was written for the resource. */
  get edited() {
    return this.editor.value !== this.written;
  }

  /** How many characters a line of the answer holds. */
  get columns() {
    this.shown.textContent = "0".repeat(10);
    const letter = this.shown.getBoundingClientRect().width / 10;
    const room = this.shown.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(this.shown.parentElement).paddingLeft);
    return letter ? Math.floor(room / letter) : 60;
  }

  /** Write the request of an example. */
  write(example) {
    this.editor.value = this.written = this.about.text(example);
    this.colour();
  }

  colour() {
    highlight(this.colours, `${this.editor.value}\n`, this.about.language);
  }

  /** Send what the text says, show what comes back, and tell who wants to know. */
  async ask() {
    this.section.classList.add("asking");
    try {
      await this.send(this.about.request(this.editor.value));
    } catch (fault) {
      this.answer = null;
      this.outcome.replaceChildren(word("b", "Not sent", "bad"));
      highlight(this.shown, fault.message, "text");
    }
    this.section.classList.remove("asking");
    this.asked(this);
  }

  async send({ method, path, headers, body }) {
    const address = new URL(path, location.origin);
    if (address.origin !== location.origin) throw new Error("Only this suite can be asked from here.");
    const all = { ...headers, ...(await authorization()), "X-Trivet-Explain": "1" };
    const begun = performance.now();
    const response = await send(address, { method, headers: all, body: body || undefined });
    const text = await response.text();
    this.show(response, text, performance.now() - begun);
  }

  show(response, text, milliseconds) {
    const [printed, language] = laidOut(text, response.headers.get("Content-Type") ?? "", this.columns);
    highlight(this.shown, printed || "(no content)", language);
    const rows = rowsOf(this.api, text);
    const ok = response.ok && !(this.api === "graphql" && /^\s*\{\s*"errors"/.test(text));
    this.answer = { ok, rows, status: response.status, explanation: explanationOf(response) };
    const parts = [word("b", `${ok ? "✓" : "✗"} ${response.status} ${response.statusText}`, ok ? "good" : "bad")];
    if (ok && rows) parts.push(word("span", `${rows.length} ${rows.length === 1 ? "row" : "rows"}`));
    parts.push(word("span", took(response, milliseconds)));
    this.outcome.replaceChildren(...parts.flatMap((part) => [part, " "]));
  }

  async copy(button) {
    const before = button.textContent;
    try {
      await toClipboard(curl(this.about.request(this.editor.value), account()));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Can't copy here";
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  }
}

function laidOut(text, type, columns) {
  if (type.includes("json")) return [layout.json(text, columns) ?? text, "json"];
  if (type.includes("xml")) return [layout.xml(text) ?? text, "xml"];
  return [text, "text"];
}

// The whole way as the browser saw it, and the database's share of it as data told.
function took(response, milliseconds) {
  const share = /(?:^|,\s*)execute;dur=([\d.]+)/.exec(response.headers.get("Server-Timing") ?? "");
  const whole = `${NUMBER.format(milliseconds)} ms`;
  return share ? `${whole}, database ${NUMBER.format(Number(share[1]))} ms` : whole;
}

function word(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = kind;
  return made;
}

async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // a page that did not come over TLS has no clipboard of its own
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("no clipboard");
}
