// Attributes as a list of keys and values: JSON is laid out, long texts are cut until they are asked for, each can be copied.

import { el, put } from "./dom.js";
import { count, cut } from "./format.js";

const LONG = 400, WIDE = 32, LONGEST_KEY = 400, MOST_JSON = 200000, DEEPEST_JSON = 50;
const JSON_TOKENS = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

// `load()` gives the same table with its long texts whole; `copied(key)`: whether it has a button
export function facts(table, load = null, copied = () => true) {
  return el("dl", {}, ...Object.entries(table).flatMap(([key, value]) => [el("dt", {}, cut(key, LONGEST_KEY)), fact(key, value, load, copied(key))]));
}

function fact(key, value, load, copied) {
  const isCut = value !== null && typeof value === "object", text = readable(isCut ? value.text : String(value)), size = isCut ? value.characters : text.length;
  const whole = load && (async () => { const found = (await load())?.[key] ?? value; return String(found.text ?? found); });
  const shown = el("span", { class_: "value" }, cut(text, LONG)), made = el("dd", { class_: size > WIDE || text.includes("\n") ? "mono block" : "mono" }, shown, ...(copied ? [" ", copyButton(isCut ? value.text : String(value), key, isCut ? size : 0, whole)] : []));
  if (size <= LONG) return made;
  const more = el("button", { type: "button", class_: "small", onclick: async () => {
    more.disabled = true;
    try {
      put(shown, isCut && whole ? readable(await whole()) : text);
    } catch {
      more.disabled = false;
      put(more, `Could not load. Show all ${count(size)} characters`);
      return;
    }
    made.setAttribute("tabindex", "0");
    more.remove();
  } }, isCut && !load ? `Show the first ${count([...value.text].length)} of ${count(size)} characters` : `Show all ${count(size)} characters`);
  made.append(" ", more);
  return made;
}

// laid out where it is JSON, as prompts and answers of models are; numbers stay as they were written
export function readable(text) {
  if (!/^\s*[[{]/.test(text.slice(0, 50)) || text.length > MOST_JSON) return text;
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return laidOut(text.match(JSON_TOKENS)) ?? text;
}

// null: too deep
function laidOut(tokens) {
  let depth = 0, made = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [at, token] of tokens.entries()) {
    const empty = /[{[][}\]]/.test(token + tokens[at + 1]), closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    if (closes && !/[{[]/.test(tokens[at - 1])) made += line();
    made += token === ":" ? ": " : token[0] === '"' ? token.replace(/\\(.)/g, (all, one) => (one === "n" ? "\n" : all)) : token;
    if (token === "{" || token === "[") depth += 1;
    if (depth > DEEPEST_JSON) return null;
    if ((token === "{" || token === "[" || token === ",") && !empty) made += line();
  }
  return made;
}

// of a text that is cut: `size` characters of it, which `whole()` may give
export function copyButton(text, what, size = 0, whole = null) {
  const made = el("button", { type: "button", class_: "small copy", "aria-label": `Copy ${cut(what, 60)}`, onclick: async () => {
    try {
      const all = (size && whole && (await whole())) || text, length = [...all].length;
      await navigator.clipboard.writeText(all);
      put(made, length < size ? `copied the first ${count(length)} characters` : "copied");
    } catch {
      put(made, "copy failed");
    }
    setTimeout(() => put(made, "copy"), 1500);
  } }, "copy");
  return made;
}

export function section(title, table, load = null) {
  return Object.keys(table).length ? [el("h3", {}, title), facts(table, load)] : [];
}
