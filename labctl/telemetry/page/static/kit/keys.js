// Keys: a view adds its own while it is shown; "?" and a button list them all. Keys in a field, or with a modifier, are the browser's.
//
// Those of a single character can be turned off, as who speaks to a computer, or hits keys by mistake, needs it (WCAG 2.1.4).

import { el, put } from "./dom.js";

const OFF = "labctl-keys-off";     // in this browser's storage
const tables = [];                  // those of the whole page first; the last one that has a key decides

export function keys(table, signal) {
  if (signal.aborted) return;       // the view was left before it was drawn
  const own = new Map(Object.entries(table).map(([key, [what, action]]) => [key, { what, action }]));
  tables.push(own);
  signal.addEventListener("abort", () => tables.splice(tables.indexOf(own), 1));
}

const known = () => new Map(tables.flatMap((table) => [...table]));

export function listenForKeys() {
  document.querySelector("#keys").addEventListener("click", help);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest?.("input, select, textarea, dialog");
    if (field) {
      if (event.key === "Escape" && !field.matches("dialog")) field.blur();
      return;
    }
    if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;      // it is followed, or pressed
    if (event.key.length === 1 && localStorage.getItem(OFF)) return;
    if (event.key === "?") help();
    else {
      const found = known().get(event.key);
      if (!found) return;
      found.action(event);
    }
    event.preventDefault();
  });
}

function help() {
  const rows = [...known()].map(([key, { what }]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]).flat();
  const single = el("input", { type: "checkbox", checked: !localStorage.getItem(OFF) });
  single.addEventListener("change", () => (single.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes")));
  const dialog = el("dialog", { "aria-label": "Keyboard shortcuts" }, el("h2", {}, "Keyboard shortcuts"),
    el("p", {}, el("label", {}, single, "Use single-key shortcuts (letters, digits, symbols)")),
    el("dl", {}, ...rows, el("dt", {}, el("kbd", {}, "?")), el("dd", {}, "show these keys")),
    el("form", { method: "dialog" }, el("button", {}, "Close")));
  const shut = () => dialog.close();                // the keys of a view that was left are no longer true
  addEventListener("hashchange", shut);
  dialog.addEventListener("close", () => { removeEventListener("hashchange", shut); dialog.remove(); });
  put(document.querySelector("#dialogs") ?? document.body.appendChild(el("div", { id: "dialogs" })), dialog);
  dialog.showModal();
}
