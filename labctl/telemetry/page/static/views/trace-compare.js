// What a trace can be compared with: another one by its id, or the median one of the requests with the same name.

import { el, put } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { keys } from "../kit/keys.js";
import { address, go } from "../kit/route.js";

export function comparing(trace, signal) {
  const field = el("input", { "aria-label": "Trace id to compare with", placeholder: "trace id (32 hex digits)", size: 34, pattern: "[0-9a-fA-F]{32}", required: true, spellcheck: "false", autocomplete: "off" });
  const problem = el("p", { class_: "problem", role: "alert" });
  // the other one is A: what is looked at is what may be slower
  const open = (other) => go(address("compare", { traces: `${other},${trace}` }));
  const median = async () => {
    try {
      open((await ask("page/compare/typical", { trace }, signal)).trace_id);
    } catch (error) {
      if (signal.aborted) return;
      menu.open = true;
      put(problem, error.message);
    }
  };
  const form = el("form", {}, field, el("button", {}, "Compare"));
  form.addEventListener("submit", (event) => { event.preventDefault(); open(field.value.toLowerCase()); });
  const menu = el("details", { class_: "menu" }, el("summary", {}, "Compare with…"),
    el("div", {}, el("p", {}, el("button", { type: "button", onclick: median }, "Median trace of the same name")), form, problem));
  keys({ c: ["compare with the median trace of the same name", median], C: ["compare with another trace", () => { menu.open = true; field.focus(); }] }, signal);
  return menu;
}
