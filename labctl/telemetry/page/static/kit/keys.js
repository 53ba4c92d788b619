// Keys: a view adds its own while it is shown; "?" lists them all. Keys in a field, or with a modifier, are the browser's.

import { el, put } from "./dom.js";

const tables = [];                  // those of the whole page first; the last one that has a key decides

export function keys(table, signal) {
  if (signal.aborted) return;       // the view was left before it was drawn
  const own = new Map(Object.entries(table).map(([key, [what, action]]) => [key, { what, action }]));
  tables.push(own);
  signal.addEventListener("abort", () => tables.splice(tables.indexOf(own), 1));
}

const known = () => new Map(tables.flatMap((table) => [...table]));

export function listenForKeys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest?.("input, select, textarea, dialog");
    if (field) {
      if (event.key === "Escape" && !field.matches("dialog")) field.blur();
      return;
    }
    if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;      // it is followed, or pressed
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
  const dialog = el("dialog", { "aria-label": "Keys" }, el("h2", {}, "Keys"),
    el("dl", {}, ...rows, el("dt", {}, el("kbd", {}, "?")), el("dd", {}, "show these keys")),
    el("form", { method: "dialog" }, el("button", {}, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  put(document.querySelector("#dialogs") ?? document.body.appendChild(el("div", { id: "dialogs" })), dialog);
  dialog.showModal();
}
