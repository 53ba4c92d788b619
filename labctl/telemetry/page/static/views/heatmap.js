// The latency heatmap: requests by time and duration, and the requests of the cells that are selected.

import { canvas, colours, shade, timeTicks } from "../kit/canvas.js";
import { Columns } from "../kit/columns.js";
import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, count, cut, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe } from "../kit/live.js";
import { address, change, go } from "../kit/route.js";

const LEFT = 62, RIGHT = 8, TOP = 8, BOTTOM = 20, HEIGHT = 340, MOST = 150;
const SPANS = [["5 min", 5], ["15 min", 15], ["1 h", 60], ["6 h", 360], ["24 h", 1440]];

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Only requests that match", placeholder: "service=… name~… duration>200ms status=error run=18df", spellcheck: "false" });
  const spans = el("select", { "aria-label": "Time" }, ...SPANS.map(([text, minutes]) => el("option", { value: minutes }, text)));
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const form = el("form", { role: "search" }, field, el("button", {}, "Show"), spans, pause);
  const problem = el("p", { class_: "problem", role: "alert" }), legend = el("p", { class_: "note" });
  const chart = el("div", { class_: "chart", tabindex: 0, role: "group", "aria-label": "Heatmap: arrow keys move, Shift and arrow keys select, Enter shows the requests" });
  const tip = el("div", { class_: "tip", hidden: true }), said = el("p", { class_: "note", role: "status" }), found = el("div");
  put(root, el("h1", {}, "Latency"), form, problem, chart, said, legend, found);

  const view = { columns: null, shown: null, rows: [0, 0], hover: null, cursor: null, drag: null, selected: null, paused: false, listed: [], place: -1 };
  const begin = (next) => {
    const [from, to] = ["begin", "end"].map((name) => Number(next.get(name)) || 0);
    field.value = next.get("query") ?? "";
    spans.value = next.get("minutes") ?? "15";
    const span = from && to > from ? { begin: from, end: to } : (Number(spans.value) || 15) * 60000;
    view.columns = new Columns({ span, most: MOST, query: field.value.trim(), signal });
    view.paused = typeof span !== "number";
    view.selected = selection(next);
  };
  const map = canvas(chart, HEIGHT, "Requests by time and latency", (context, width, tall) => drawCells(context, width, tall, view), signal);
  const over = canvas(chart, HEIGHT, "", (context, width, tall) => drawMarks(context, width, tall, view), signal);
  over.element.setAttribute("aria-hidden", "true");
  over.element.removeAttribute("role");
  Object.assign(over.element.style, { position: "absolute", inset: "0" });
  chart.append(tip);

  const refresh = async () => {
    try {
      if (!(await view.columns.refresh())) return;
      put(problem);
      view.shown = view.columns.list();
      measure(view);
      map.again();
      over.again();
      put(legend, summary(view));
    } catch (error) {
      if (!signal.aborted) put(problem, error.message);
    }
  };

  const requests = async () => {
    view.listed = [];
    if (!view.selected) {
      put(found, el("p", { class_: "note" }, "Select cells (drag, or arrow keys and Enter) to see the requests in them."));
      return;
    }
    const { from, to, low, high } = view.selected;
    try {
      const answer = await ask("page/requests", { begin: from, end: to, low, high, query: field.value.trim() }, signal);
      view.listed = answer.requests;
      drawRequests(found, view, answer.total);
    } catch (error) {
      if (!signal.aborted) put(found, el("p", { class_: "problem" }, error.message));
    }
  };

  const select = (area) => {
    const bounds = view.columns.bounds, { width } = view.shown;
    const [left, right] = [Math.min(area.from[0], area.to[0]), Math.max(area.from[0], area.to[0])];
    const [bottom, top] = [Math.min(area.from[1], area.to[1]), Math.max(area.from[1], area.to[1])];
    setPaused(true);
    change({ from: view.shown.begin + left * width, to: view.shown.begin + (right + 1) * width,
      low: bottom ? bounds[bottom - 1] : 0, high: top < bounds.length ? bounds[top] : "",
      begin: view.shown.begin, end: view.shown.end, minutes: "" });
  };
  const setPaused = (paused) => {
    view.paused = paused;
    pause.setAttribute("aria-pressed", String(paused));
    put(pause, paused ? "Paused" : "Pause");
  };

  pointer(chart, over, tip, view, select);
  chart.addEventListener("keydown", (event) => moveCursor(event, view, over, said, select));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change({ query: field.value.trim(), from: "", to: "", low: "", high: "" });
  });
  const live = (minutes) => change({ minutes, begin: "", end: "", from: "", to: "", low: "", high: "" });
  spans.addEventListener("change", () => live(spans.value));
  pause.addEventListener("click", () => (view.paused ? live(spans.value) : setPaused(true)));
  const step = (by) => {
    view.place = Math.max(0, Math.min(view.listed.length - 1, view.place + by));
    drawRequests(found, view);
  };
  keys({
    j: ["next request", () => step(1)], k: ["request before", () => step(-1)],
    Enter: ["open the request", () => view.listed[view.place] && go(address("trace", {}, view.listed[view.place].trace_id))],
    m: ["to the heatmap", () => chart.focus()],
    p: ["pause, go on", () => pause.click()],
    Escape: ["select nothing", () => change({ from: "", to: "", low: "", high: "" })],
  }, signal);

  begin(parameters);
  setPaused(view.paused);
  await Promise.all([refresh(), requests()]);
  subscribe(() => !document.hidden && !view.paused && refresh(), signal);
  let last = String(parameters);
  return async (next) => {
    const same = ["query", "minutes", "begin", "end"].every((name) => new URLSearchParams(last).get(name) === next.get(name));
    last = String(next);
    view.place = -1;
    if (same) view.selected = selection(next);
    else {
      begin(next);
      setPaused(view.paused);
      await refresh();
    }
    over.again();
    await requests();
  };
}

function selection(parameters) {
  const [from, to, low, high] = ["from", "to", "low", "high"].map((name) => parameters.get(name));
  return from && to ? { from: Number(from), to: Number(to), low: Number(low ?? 0), high: high ? Number(high) : "" } : null;
}

// the rows that hold anything, with one to spare, and the largest cell
function measure(view) {
  let low = Infinity, high = -1, most = 1, total = 0, errors = 0;
  for (const column of view.shown.columns) {
    if (!column) continue;
    total += column.count;
    errors += column.errors;
    for (let at = 0; at < column.cells.length; at += 3) {
      low = Math.min(low, column.cells[at]);
      high = Math.max(high, column.cells[at]);
      most = Math.max(most, column.cells[at + 1]);
    }
  }
  const rows = view.columns.bounds.length;
  view.rows = high < 0 ? [20, 50] : [Math.max(0, low - 2), Math.min(rows, high + 2)];
  Object.assign(view, { most, total, errors });
}

function summary({ total, errors, shown, most }) {
  if (!total) return "No requests in this time. labctl load sends some.";
  return `${count(total)} requests, ${count(errors)} of them failed; a column is ${shown.width / 1000} s, the fullest cell has ${count(most)}. ` +
    "Lines: p50 and p99 of each column. A request is a trace's root span.";
}

function scales(width, tall, view) {
  const [low, high] = view.rows, columns = view.shown.columns.length;
  const cell = (width - LEFT - RIGHT) / columns, row = (tall - TOP - BOTTOM) / (high - low + 1);
  return {
    cell, row, x: (column) => LEFT + column * cell, y: (at) => tall - BOTTOM - (at - low + 1) * row,
    column: (x) => Math.floor((x - LEFT) / cell), rowAt: (y) => low + Math.floor((tall - BOTTOM - y) / row),
    // where a duration in ns stands between the rows: ten to a decade, the first bound 10 us
    level: (ns) => tall - BOTTOM - (Math.log10(Math.max(ns, 1)) * 10 - 40 + 1 - low) * row,
  };
}

function drawCells(context, width, tall, view) {
  if (!view.shown) return;
  const paint = colours(), at = scales(width, tall, view), bounds = view.columns.bounds;
  context.font = paint.font;
  const scale = Math.log1p(view.most);
  view.shown.columns.forEach((column, place) => {
    if (!column) return;
    const left = Math.round(at.x(place)), right = Math.round(at.x(place + 1));
    for (let cell = 0; cell < column.cells.length; cell += 3) {
      const [row, all] = [column.cells[cell], column.cells[cell + 1]];
      const top = Math.round(at.y(row)), below = Math.round(at.y(row - 1));
      const [red, green, blue] = shade(0.12 + 0.88 * Math.log1p(all) / scale, paint.dark);
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      context.fillRect(left, top, Math.max(right - left, 1), Math.max(below - top, 1));
    }
  });
  axes(context, width, tall, view, paint, at, bounds);
  for (const [name, dash] of [["p50", [4, 3]], ["p99", []]]) percentileLine(context, view, at, name, dash, paint);
}

function axes(context, width, tall, view, paint, at, bounds) {
  context.fillStyle = paint.dim;
  context.strokeStyle = paint.line;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const decades = (view.rows[1] - view.rows[0]) / 10;
  bounds.forEach((bound, row) => {
    const digit = [0, 3, 7].indexOf(row % 10);
    if (row < view.rows[0] || row > view.rows[1] || digit < 0 || (digit > 0 && decades > 3)) return;
    const y = Math.round(at.y(row));          // the upper edge of the row, which ends at the bound
    context.fillText(duration(Number(bound.toPrecision(1))), LEFT - 6, y);
    context.fillRect(LEFT - 4, y, 4, 1);
  });
  context.textAlign = "center";
  const { begin, end, width: slot } = view.shown;
  for (const tick of timeTicks(begin, end, width / 90)) {
    const x = Math.round(at.x((tick - begin) / slot));
    context.fillText(clock(tick), Math.max(LEFT + 20, Math.min(x, width - 28)), tall - 8);
    context.fillRect(x, tall - BOTTOM, 1, 4);
  }
  context.strokeRect(LEFT - 0.5, TOP - 0.5, width - LEFT - RIGHT + 1, tall - TOP - BOTTOM + 1);
}

function percentileLine(context, view, at, name, dash, paint) {
  context.setLineDash(dash);
  for (const [colour, thick] of [[paint.ground, 3], [paint.bad, 1.3]]) {
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.beginPath();
    let pen = false;
    view.shown.columns.forEach((column, place) => {
      if (column) context[pen ? "lineTo" : "moveTo"](at.x(place + 0.5), at.level(column[name]));
      pen = Boolean(column);
    });
    context.stroke();
  }
  context.setLineDash([]);
  context.lineWidth = 1;
}

function drawMarks(context, width, tall, view) {
  if (!view.shown) return;
  const paint = colours(), at = scales(width, tall, view);
  const frame = (x, y, right, below, colour) => {
    for (const [stroke, thick] of [[paint.ground, 4], [colour, 2]]) {
      context.strokeStyle = stroke;
      context.lineWidth = thick;
      context.strokeRect(x, y, Math.max(right - x, 2), Math.max(below - y, 2));
    }
  };
  if (view.selected) {
    const { from, to, low, high } = view.selected, { begin, width: slot } = view.shown;
    frame(at.x((from - begin) / slot), high ? at.level(high) : TOP, at.x((to - begin) / slot), low ? Math.min(at.level(low), tall - BOTTOM) : tall - BOTTOM, paint.text);
  }
  const area = view.drag ?? (view.cursor && { from: view.cursor.anchor ?? view.cursor.at, to: view.cursor.at }) ?? (view.hover && { from: view.hover, to: view.hover });
  if (!area) return;
  const xs = [area.from[0], area.to[0]], ys = [area.from[1], area.to[1]];
  frame(at.x(Math.min(...xs)), at.y(Math.max(...ys)), at.x(Math.max(...xs) + 1), at.y(Math.min(...ys) - 1), paint.accent);
}

function cellText(view, [column, row]) {
  const data = view.shown.columns[column], bounds = view.columns.bounds;
  const at = data ? [...Array(data.cells.length / 3).keys()].find((place) => data.cells[place * 3] === row) : undefined;
  const [all, errors] = at === undefined ? [0, 0] : [data.cells[at * 3 + 1], data.cells[at * 3 + 2]];
  const range = row === 0 ? `below ${duration(bounds[0])}` : row === bounds.length ? `above ${duration(bounds[row - 1])}` : `${duration(bounds[row - 1])} – ${duration(bounds[row])}`;
  return `${clock(view.shown.begin + column * view.shown.width)} · ${range} · ${count(all)} requests${errors ? `, ${count(errors)} failed` : ""}`;
}

function pointer(chart, over, tip, view, select) {
  const place = (event) => {
    if (!view.shown) return null;
    const box = chart.getBoundingClientRect(), at = scales(box.width, HEIGHT, view);
    const column = at.column(event.clientX - box.left), row = at.rowAt(event.clientY - box.top);
    const inside = column >= 0 && column < view.shown.columns.length && row >= view.rows[0] && row <= view.rows[1];
    return inside ? [column, row] : null;
  };
  chart.addEventListener("pointermove", (event) => {
    const at = place(event);
    view.hover = at;
    view.cursor = null;
    if (view.drag && at) view.drag.to = at;
    over.again();
    tip.hidden = !at;
    if (!at) return;
    put(tip, cellText(view, at));
    const box = chart.getBoundingClientRect(), x = event.clientX - box.left;
    tip.style.left = `${Math.max(0, Math.min(x + 12, box.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(0, event.clientY - box.top - 30)}px`;
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

function moveCursor(event, view, over, said, select) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  if (!view.shown || !(event.key in steps || (event.key === "Enter" && view.cursor))) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter") {
    select({ from: view.cursor.anchor ?? view.cursor.at, to: view.cursor.at });
    return;
  }
  const last = view.shown.columns.length - 1;
  const now = view.cursor?.at ?? [last, fullest(view, last)];
  const at = view.cursor ? [now[0] + steps[event.key][0], now[1] + steps[event.key][1]] : now;
  at[0] = Math.max(0, Math.min(last, at[0]));
  at[1] = Math.max(view.rows[0], Math.min(view.rows[1], at[1]));
  view.cursor = { at, anchor: event.shiftKey ? view.cursor?.anchor ?? now : null };
  put(said, cellText(view, at));
  over.again();
}

function fullest(view, place) {
  const column = view.shown.columns[place] ?? view.shown.columns.findLast(Boolean);
  if (!column) return view.rows[0];
  let row = view.rows[0], most = 0;
  for (let at = 0; at < column.cells.length; at += 3) if (column.cells[at + 1] > most) [row, most] = [column.cells[at], column.cells[at + 1]];
  return row;
}

function drawRequests(root, view, total = view.listedTotal) {
  view.listedTotal = total;
  const { from, to, low, high } = view.selected;
  const range = high ? `${duration(low)} to ${duration(high)}` : `${duration(low)} and more`;
  put(root, el("h2", {}, `${count(total)} requests from ${clock(from)} to ${clock(to)}, ${range}`),
    total > view.listed.length ? el("p", { class_: "note" }, `The slowest ${view.listed.length} are listed.`) : null,
    view.listed.length ? table([["Start"], ["Duration", "number"], ["Service", "wide"], ["Request", "text"], ["Trace", "id wide"]],
      view.listed.map((one) => [clock(one.start * 1000, true), el("span", { class_: one.error ? "bad" : "" }, duration(one.duration_ms * 1e6)),
        cut(one.service, 60), link(cut(one.name || "(no name)", 120), address("trace", {}, one.trace_id)), one.trace_id]),
      (place) => (place === view.place ? { "aria-selected": "true" } : {})) : null);
  root.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
}
