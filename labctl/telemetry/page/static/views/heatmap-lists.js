// What stands below the heatmap as text: how many requests it shows, those that are selected, and what happened meanwhile.

import { el, link, put, rowOf, table } from "../kit/dom.js";
import { colours } from "../kit/canvas.js";
import { clock, count, counted, cut, duration, moment } from "../kit/format.js";
import { ofLab } from "../kit/live.js";
import { KINDS, markText } from "../kit/marks.js";
import { address } from "../kit/route.js";
import { cellColour } from "./heatmap-drawing.js";

const MOST_MARKS = 50, AROUND_MS = 120000, SOME = 40;
const COLUMNS = [["Start", "time"], ["Service time", "number"], ["Service", "wide"], ["Request", "text"], ["Trace", "id wide"]];

export function summary({ total, errors, shown, most, objective }) {
  const day = moment(shown.begin).slice(0, 10), when = day === moment(Date.now()).slice(0, 10) ? "" : `${day}: `;
  if (!total) return `${when}No requests in this time range.${ofLab(" labctl load sends requests.")}`;
  return `${when}${counted(total, "request")}, ${count(errors)} failed; columns of ${shown.width / 1000} s, at most ${counted(most, "request")} per cell. ` +
    `A request is a trace's root span, and its duration is the service time: it counts from when the request was sent.${objective ? ` SLO: ${objective.text}.` : ""}`;
}

// a few counts from one request in a cell to the most, each with its colour
export function shades({ total, most }) {
  if (!total) return null;
  const { dark } = colours(), counts = new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(most ** share)));
  return el("span", { class_: "shades" }, "Requests per cell:", ...[...counts].flatMap((requests) => {
    const made = el("span");
    made.style.background = cellColour(requests, most, dark);
    return [" ", el("i", {}, made, count(requests))];
  }));
}

export function invitation({ total }) {
  return total ? el("p", { class_: "note" }, "Select cells (drag, or arrow keys and Enter) to see the requests in them, and what sets them apart.") : null;
}

// what happened in this time, as text; each entry leads to its own time, and shows its line in the chart while it has the focus
export function drawEvents(root, { marks: happened, parameters }, mark) {
  if (!happened?.length) {
    put(root, el("p", { class_: "note" }, happened ? "No runs, faults, rollouts or alerts are known in this time range." : "Runs, faults, rollouts and alerts are unknown: the viewer does not answer."));
    return;
  }
  const query = parameters.get("query") ?? "", focused = root.contains(document.activeElement) ? document.activeElement.textContent : null;
  const where = ({ kind, key, begin, end }) => (kind === "run" ? { query: `run=${key}`, begin: Math.floor(begin), end: Math.ceil((end ?? Date.now()) + 1000) }
    : { query, begin: Math.floor(begin - AROUND_MS), end: Math.ceil((end ?? Math.min(begin + AROUND_MS, Date.now())) + AROUND_MS) });
  put(root, el("h2", {}, "Annotations"), el("ul", { class_: "events" }, ...happened.slice(-MOST_MARKS).map((one) =>
    el("li", {}, el("span", { class_: `sign ${one.kind}`, "aria-hidden": "true" }, KINDS[one.kind].sign), link(markText(one), address("heatmap", where(one)),
      { onfocus: () => mark(one), onblur: () => mark(null), onpointerenter: () => mark(one), onpointerleave: () => mark(null) })))),
  happened.length > MOST_MARKS ? el("p", { class_: "note" }, `${counted(happened.length - MOST_MARKS, "earlier one")} not listed.`) : null);
  [...root.querySelectorAll("a")].find((one) => one.textContent === focused)?.focus();
}

const shareOf = (some, all) => (some <= all ? `${count(some)} of ${counted(all, "request")} (${percent(some, all)})` : counted(some, "request"));
export const percent = (some, all) => `${(some / Math.max(all, 1) * 100).toFixed(1)} %`;

export function drawRequests(root, view, total = view.listedTotal) {
  view.listedTotal = total;
  const { from, to, low, high } = view.selected, { listed } = view;
  if (view.list?.of !== listed || !root.contains(view.list.element)) {
    view.list = requestList(listed);
    put(root, el("h2"), total > listed.length ? el("p", { class_: "note" }, `The slowest ${listed.length} are listed.`) : null, listed.length ? view.list.element : null);
  }
  const range = high ? `${duration(low)} to ${duration(high)}` : `${duration(low)} or more`;
  put(root.querySelector("h2"), `${shareOf(total, view.total)} from ${clock(from)} to ${clock(to)}, ${range}`);
  root.querySelector("[aria-selected=true]")?.removeAttribute("aria-selected");
  if (view.place < 0) return;
  const row = view.list.row(view.place);
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
}

// further rows are made when they are scrolled to: to lay out all of them takes ten times as long
function requestList(listed) {
  const element = table(COLUMNS, [], undefined, "Selected requests"), [body] = element.querySelector("table").tBodies;
  const have = (count) => body.append(...listed.slice(body.rows.length, count).map((one) => rowOf(COLUMNS, cells(one))));
  element.addEventListener("scroll", () => {
    if (element.scrollTop + 2 * element.clientHeight > element.scrollHeight) have(body.rows.length + SOME);
  }, { passive: true });
  have(SOME);
  return { of: listed, element, row: (place) => { have(place + SOME / 2); return body.rows[place]; } };
}

const cells = (one) => [clock(one.start * 1000, true), el("span", { class_: one.error ? "bad" : "" }, duration(one.duration_ms * 1e6)),
  cut(one.service, 60), link(cut(one.name || "(no name)", 120), address("trace", {}, one.trace_id)), one.trace_id];
