// Cells of the heatmap by mouse and by keys: what is in one of them, and which are selected.

import { put } from "../kit/dom.js";
import { clock, count, counted, duration } from "../kit/format.js";
import { markText } from "../kit/marks.js";
import { HEIGHT, scales, TOP } from "./heatmap-drawing.js";

const NEAR = 10, LONGEST_NS = 2 ** 63;
export const LATEST_MS = 9e12;

export function cellText(view, [column, row]) {
  const data = view.shown.columns[column], bounds = view.columns.bounds;
  const at = data ? [...Array(data.cells.length / 3).keys()].find((place) => data.cells[place * 3] === row) : undefined;
  const [all, errors] = at === undefined ? [0, 0] : [data.cells[at * 3 + 1], data.cells[at * 3 + 2]];
  const range = row === 0 ? `below ${duration(bounds[0])}` : row === bounds.length ? `above ${duration(bounds[row - 1])}` : `${duration(bounds[row - 1])} – ${duration(bounds[row])}`;
  return `${clock(view.shown.begin + column * view.shown.width)} · ${range} · ${counted(all, "request")}${errors ? `, ${count(errors)} failed` : ""}`;
}

// the parameters of the address that name the cells of a rectangle
export function named(view, { from, to }) {
  const bounds = view.columns.bounds, { begin, end, width } = view.shown;
  const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
  const [bottom, top] = [Math.min(from[1], to[1]), Math.max(from[1], to[1])];
  return { from: begin + left * width, to: begin + (right + 1) * width, low: bottom ? bounds[bottom - 1] : 0,
    high: top < bounds.length ? bounds[top] : "", begin, end, minutes: "" };
}

export function pointer(chart, over, tip, view, select) {
  const where = (event) => {
    const box = chart.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, width: box.width };
  };
  const place = (event) => {
    if (!view.shown || !view.total) return null;
    const { x, y, width } = where(event), at = scales(width, HEIGHT, view);
    const column = at.column(x), row = at.rowAt(y);
    const inside = column >= 0 && column < view.shown.columns.length && row >= view.rows[0] && row <= view.rows[1];
    return inside ? [column, row] : null;
  };
  const tell = ({ x, y, width }, texts) => {
    tip.hidden = !texts.length;
    put(tip, texts.join("\n"));
    tip.style.left = `${Math.max(0, Math.min(x + 12, width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${y < TOP ? TOP + 2 : Math.max(0, y - 30)}px`;
  };
  chart.addEventListener("pointermove", (event) => {
    const at = place(event), spot = where(event);
    view.hover = at;
    view.cursor = null;
    if (view.drag && at) view.drag.to = at;
    over.again();
    const signs = spot.y < TOP ? (view.signs ?? []).filter(({ x }) => Math.abs(x - spot.x) < NEAR) : [];
    tell(spot, at ? [cellText(view, at)] : signs.flatMap(({ marks }) => marks.slice(0, 8).map(markText)));
  });
  chart.addEventListener("pointerleave", () => { view.hover = null; tip.hidden = true; over.again(); });
  chart.addEventListener("pointerdown", (event) => {
    const at = event.button === 0 && place(event);
    if (at) { view.drag = { from: at, to: at }; chart.setPointerCapture(event.pointerId); }
  });
  const end = () => { if (view.drag) { const area = view.drag; view.drag = null; select(area); over.again(); } };
  chart.addEventListener("pointerup", end);
  chart.addEventListener("pointercancel", () => { view.drag = null; over.again(); });
}

const FAR = 1e6;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-FAR, 0], End: [FAR, 0], PageUp: [0, FAR], PageDown: [0, -FAR] };

export function moveCursor(event, view, over, said, select) {
  if (!view.shown || !view.total || !(event.key in STEPS || (event.key === "Enter" && view.cursor))) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter") {
    select({ from: view.cursor.anchor ?? view.cursor.at, to: view.cursor.at });
    return;
  }
  const now = view.cursor?.at ?? start(view), step = view.cursor ? STEPS[event.key] : [0, 0];
  const last = view.shown.columns.length - 1;
  const at = [Math.max(0, Math.min(last, now[0] + step[0])), Math.max(view.rows[0], Math.min(view.rows[1], now[1] + step[1]))];
  view.cursor = { at, anchor: event.shiftKey ? view.cursor?.anchor ?? now : null };
  put(said, cellText(view, at));
  over.again();
}

// the first key goes to the fullest cell of the last column that has any
function start(view) {
  const place = view.shown.columns.findLastIndex(Boolean), { cells } = view.shown.columns[place];
  let best = 0;
  for (let at = 3; at < cells.length; at += 3) if (cells[at + 1] > cells[best + 1]) best = at;
  return [place, cells[best]];
}

// ns: the lower bound of the cells in which the slowest hundredth begins
export function nearP99({ shown, columns, total }) {
  const rows = new Map();
  for (const column of shown?.columns ?? []) for (let at = 0; at < (column?.cells.length ?? 0); at += 3) rows.set(column.cells[at], (rows.get(column.cells[at]) ?? 0) + column.cells[at + 1]);
  let above = 0;
  for (const [row, all] of [...rows].sort(([one], [other]) => other - one)) if ((above += all) >= total / 100) return row ? columns.bounds[row - 1] : 0;
  return 0;
}

export function selection(parameters) {
  const [from, to, low, high] = ["from", "to", "low", "high"].map((name) => Number(parameters.get(name)));
  const whole = [from, to, low, high].every((value) => value >= 0 && value < LONGEST_NS && Number.isInteger(value));
  return whole && from < to && to <= LATEST_MS ? { from, to, low, high: high || "" } : null;
}
