// A field whose query is completed as it is typed: a combobox with a list, by arrows, Tab or Enter, and Escape.
//
// A mistake is told where it is, but not in the word that is being typed. An operator that is typed right after a completed key
// takes the place of the one that the completion put there.

import { el, put } from "./dom.js";
import { ask } from "./fetch.js";
import { counted, sentence } from "./format.js";

const WAIT_MS = 60;
const PUT = /[=>]$/, TYPED = { "=": /^[=!<>~]/, ">": /^[!<>~]/ };       // of these, ">" and "=" make ">="
const units = (text, characters) => [...text].slice(0, characters).join("").length;
const characters = (text, place) => [...text.slice(0, place)].length;

// `field` is an input that is not in the page yet; what is to be put there instead is the answer
export function completing(field, problem, signal) {
  const list = el("ul", { role: "listbox", id: `${field.id}-list`, "aria-label": "Completions", hidden: true });
  const said = el("span", { class_: "unseen", role: "status" });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off", spellcheck: "false" })) field.setAttribute(name, value);
  const state = { items: [], begin: 0, end: 0, active: -1, timer: 0, asked: new AbortController(), put: -1 };

  const mark = (active) => {
    state.active = active;
    [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === active)));
    if (active < 0) field.removeAttribute("aria-activedescendant");
    else {
      field.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  };
  const close = () => {
    clearTimeout(state.timer);
    state.asked.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const show = ({ items, begin, end, problem: wrong }) => {
    const word = field.value.slice(units(field.value, begin), units(field.value, end));
    // what stands there already completes nothing
    Object.assign(state, { items: items.filter(({ text }) => text.trimEnd() !== word), begin, end });
    tell(problem, field.value, wrong && (wrong.end < begin || wrong.begin > end) ? wrong : null);
    put(list, ...state.items.map(({ text, note }, place) => el("li", { role: "option", id: `${list.id}-${place}`, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); pick(place); } }, el("span", {}, text), note ? el("span", { class_: "dim" }, note) : null)));
    list.hidden = !state.items.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    put(said, state.items.length ? counted(state.items.length, "completion") : "");
    mark(-1);
  };
  const look = async () => {
    state.asked.abort();
    const mine = state.asked = new AbortController();
    try {
      const found = await ask("page/complete", { query: field.value, at: characters(field.value, field.selectionStart) }, mine.signal);
      if (!mine.signal.aborted && document.activeElement === field) show(found);
    } catch {
      if (!mine.signal.aborted) close();             // what is wrong is told when the query is sent
    }
  };
  const later = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(look, WAIT_MS);
  };
  const pick = (place) => {
    const { text } = state.items[place], [from, to] = [units(field.value, state.begin), units(field.value, state.end)];
    field.value = field.value.slice(0, from) + text + field.value.slice(to).replace(text.endsWith(" ") ? /^ / : /^$/, "");
    field.setSelectionRange(from + text.length, from + text.length);
    state.put = PUT.test(text) ? from + text.length : -1;
    close();
    if (!text.endsWith(" ")) later();
  };
  field.addEventListener("beforeinput", ({ data }) => {
    const at = state.put;
    state.put = -1;
    if (at < 0 || field.selectionStart !== at || field.selectionEnd !== at) return;
    if (TYPED[field.value[at - 1]]?.test(data ?? "")) field.setRangeText("", at - 1, at, "end");
  });
  field.addEventListener("input", later);
  field.addEventListener("click", later);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden, size = state.items.length;
    if (event.key === "ArrowDown" && !open) look();
    else if (event.key === "ArrowDown" && open) mark((state.active + 1) % size);
    else if (event.key === "ArrowUp" && open) mark(state.active <= 0 ? size - 1 : state.active - 1);
    else if (event.key === "Enter" && open && state.active >= 0) pick(state.active);
    // a word that was begun takes the first one; Tab leaves an empty one, and a list that Escape has closed
    else if (event.key === "Tab" && !event.shiftKey && open && (state.active >= 0 || state.end > state.begin)) pick(Math.max(state.active, 0));
    else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  signal.addEventListener("abort", close);
  return { element: el("span", { class_: "combo" }, field, list, said), close };
}

// the query with what is wrong marked, below the field
export function tell(root, query, wrong) {
  if (!wrong || wrong.begin === undefined) { put(root, wrong ? sentence(wrong.title) : null); return; }
  const [from, to] = [units(query, wrong.begin), units(query, wrong.end)];
  put(root, `${sentence(wrong.title)}: `, el("code", {}, query.slice(0, from), el("mark", {}, query.slice(from, to) || " "), query.slice(to)));
}
