// What is said of a trace above its waterfall: how much there is of it, and what is odd about it.

import { el, link } from "../kit/dom.js";
import { count, counted, duration, moment } from "../kit/format.js";
import { address } from "../kit/route.js";
import { CIRCLE, ORPHAN, OWN_PARENT } from "../kit/tree.js";

const MOST_LOGS = 1000;             // of one answer
const WHY = {
  [ORPHAN]: ["orphan: its parent has not arrived, so it is shown at the top", "orphans: their parents have not arrived, so they are shown at the top"],
  [OWN_PARENT]: ["span that names itself as its parent", "spans that name themselves as their parent"], [CIRCLE]: ["cycle of parents", "cycles of parents"],
};

// `logs`: null where they are not known
export function notes(data, tree, logs) {
  const services = new Set(data.origins_table.map(([service]) => service)).size;
  const errors = data.errors.reduce((total, one) => total + one, 0);
  const records = logs ? `${logs.length < MOST_LOGS ? "" : "at least "}${counted(logs.length, "log record")}` : "log records unknown", only = logs?.length === 1 ? logs[0].row : "";
  const parts = [`${duration(tree.duration)} · ${counted(tree.size, "span")} · ${counted(services, "service")} · `,
    logs?.length ? link(records, address("logs", { trace_id: data.trace_id, record: only }), { class_: "underlined" }) : records, " · ", el("span", { class_: "time" }, moment(data.start * 1000))];
  if (errors) parts.push(el("span", { class_: "bad" }, ` · ${count(errors)} failed`));
  for (const [place, text] of Object.entries(WHY)) {
    const all = tree.place.reduce((total, one) => total + (one === Number(place)), 0);
    if (all) parts.push(el("span", { class_: "warn" }, ` · ${count(all)} ${text[all > 1 ? 1 : 0]}`));
  }
  const early = earlyChildren(tree);
  if (early.count) parts.push(el("span", { class_: "warn" }, ` · ${count(early.count)} ${early.count > 1 ? "spans begin before their parents" : "span begins before its parent"}, ` +
    `by up to ${duration(early.most)} (clock skew): times are shown as they were sent`));
  if (data.left_out) parts.push(el("span", { class_: "bad" }, ` · ${counted(data.left_out, "more span", "more spans")} not shown`));
  return parts;
}

function earlyChildren({ parent, starts, size }) {
  const found = { count: 0, most: 0 };
  for (let at = 0; at < size; at += 1) {
    const before = parent[at] >= 0 ? starts[parent[at]] - starts[at] : 0;
    if (before > 0) { found.count += 1; found.most = Math.max(found.most, before); }
  }
  return found;
}
