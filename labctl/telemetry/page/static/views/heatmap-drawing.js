// The heatmap on its canvases: cells, axes, percentiles and the objective below; what is selected, and what happened, above.

import { colours, shade } from "../kit/canvas.js";
import { duration } from "../kit/format.js";
import { KINDS } from "../kit/marks.js";
import { plain } from "../kit/ticks.js";
import { drawTimes } from "../kit/time-axis.js";

const LEFT = 62, RIGHT = 42, BOTTOM = 20, SIGN = 14;
export const TOP = 24, HEIGHT = 356;
export const PERCENTILES = { p50: [3, 2], p90: [8, 3], p99: [] };

export function scales(width, tall, view) {
  const [low, high] = view.rows, columns = view.shown.columns.length, { begin, width: slot } = view.shown;
  const cell = (width - LEFT - RIGHT) / columns, row = (tall - TOP - BOTTOM) / (high - low + 1);
  const x = (column) => LEFT + column * cell;
  return {
    x, y: (at) => tall - BOTTOM - (at - low + 1) * row, time: (ms) => x((ms - begin) / slot),
    column: (at) => Math.floor((at - LEFT) / cell), rowAt: (y) => low + Math.floor((tall - BOTTOM - y) / row),
    // where a duration in ns stands between the rows: ten to a decade, the first bound 10 us
    level: (ns) => tall - BOTTOM - (Math.log10(Math.max(ns, 1)) * 10 - 40 + 1 - low) * row,
  };
}

// the rows that hold anything, with one to spare, and the largest cell
export function measure(view) {
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

// of so many requests, where the largest cell has the most
export const cellColour = (requests, most, dark) => `rgb(${shade(0.12 + 0.88 * Math.log1p(requests) / Math.log1p(most), dark).join(" ")})`;

export function drawCells(context, width, tall, view) {
  if (!view.shown) return;
  const paint = colours(), at = scales(width, tall, view);
  context.font = paint.font;
  view.shown.columns.forEach((column, place) => {
    if (!column) return;
    const left = Math.round(at.x(place)), right = Math.round(at.x(place + 1));
    for (let cell = 0; cell < column.cells.length; cell += 3) {
      const [row, all] = [column.cells[cell], column.cells[cell + 1]];
      const top = Math.round(at.y(row)), below = Math.round(at.y(row - 1));
      context.fillStyle = cellColour(all, view.most, paint.dark);
      context.fillRect(left, top, Math.max(right - left, 1), Math.max(below - top, 1));
    }
  });
  timeAxis(context, width, tall, view, paint, at);
  if (!view.total) {
    context.fillText("No requests in this time range", (LEFT + width - RIGHT) / 2, (TOP + tall - BOTTOM) / 2);
    return;
  }
  latencyAxis(context, view, paint, at);
  const names = view.lines.map((name) => percentileLine(context, view, at, name, paint));
  if (view.objective) names.push(objectiveLine(context, width, tall, view, at, paint));
  lineNames(context, width, names.filter(Boolean));
}

function timeAxis(context, width, tall, { shown }, paint, at) {
  Object.assign(context, { fillStyle: paint.dim, strokeStyle: paint.line, textBaseline: "middle" });
  const ticks = drawTimes(context, { ...shown, x: at.time, y: tall - 8, low: LEFT - 24, high: width });
  for (const tick of ticks) context.fillRect(Math.round(at.time(tick)), tall - BOTTOM, 1, 4);
  context.strokeRect(LEFT - 0.5, TOP - 0.5, width - LEFT - RIGHT + 1, tall - TOP - BOTTOM + 1);
}

function latencyAxis(context, { rows, columns }, paint, at) {
  context.textAlign = "right";
  const decades = (rows[1] - rows[0]) / 10;
  columns.bounds.forEach((bound, row) => {
    const digit = [0, 3, 7].indexOf(row % 10);
    if (row < rows[0] || row > rows[1] || digit < 0 || (digit > 0 && decades > 3)) return;
    const y = Math.round(at.y(row));          // the upper edge of the row, which ends at the bound
    context.fillText(plain(duration(Number(bound.toPrecision(1)))), LEFT - 6, y);
    context.fillRect(LEFT - 4, y, 4, 1);
  });
}

// where its name stands
function percentileLine(context, view, at, name, paint) {
  let last = null;
  for (const [colour, thick, dash] of [[paint.ground, 4.5, []], [paint.bad, 2, PERCENTILES[name]]]) {
    context.setLineDash(dash);
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.beginPath();
    let pen = false;
    view.shown.columns.forEach((column, place) => {
      if (column) {
        const y = at.level(column[name]), alone = !pen && !view.shown.columns[place + 1];
        context[pen ? "lineTo" : "moveTo"](at.x(place + (alone ? 0 : 0.5)), y);
        if (alone) context.lineTo(at.x(place + 1), y);
      }
      pen = Boolean(column);
      last = column ?? last;
    });
    context.stroke();
  }
  context.setLineDash([]);
  context.lineWidth = 1;
  return last && { name, y: at.level(last[name]), colour: paint.bad };
}

// beside the ends of the lines, from below upwards, and none over another
function lineNames(context, width, names) {
  context.textAlign = "left";
  let free = Infinity;
  for (const { name, y, colour } of names.sort((one, other) => other.y - one.y)) {
    free = Math.min(y, free - SIGN);
    context.fillStyle = colour;
    context.fillText(name, width - RIGHT + 4, free);
  }
}

// it stands at the edge where it is above or below what is shown
function objectiveLine(context, width, tall, view, at, paint) {
  const y = Math.round(at.level(view.objective.ns)), seen = y >= TOP && y <= tall - BOTTOM;
  if (!seen) return { name: y < TOP ? "SLO \u2191" : "SLO \u2193", y: y < TOP ? TOP : tall - BOTTOM, colour: paint.text };
  for (const [colour, thick] of [[paint.ground, 4], [paint.text, 2]]) {
    context.fillStyle = colour;
    context.fillRect(LEFT, y - thick / 2, width - LEFT - RIGHT, thick);
  }
  return { name: "SLO", y, colour: paint.text };
}

export function drawMarks(context, width, tall, view) {
  if (!view.shown) return;
  const paint = colours(), at = scales(width, tall, view);
  context.font = paint.font;
  happened(context, width, tall, view, at, paint);
  const frame = (x, y, right, below, colour) => {
    for (const [stroke, thick] of [[paint.ground, 4], [colour, 2]]) {
      context.strokeStyle = stroke;
      context.lineWidth = thick;
      context.strokeRect(x, y, Math.max(right - x, 2), Math.max(below - y, 2));
    }
  };
  if (view.selected) {
    const { from, to, low, high } = view.selected, bottom = tall - BOTTOM, inside = (ms) => Math.max(LEFT, Math.min(at.time(ms), width - RIGHT));
    frame(inside(from), high ? Math.max(at.level(high), TOP) : TOP, inside(to), low ? Math.min(at.level(low), bottom) : bottom, paint.text);
  }
  const area = view.drag ?? (view.cursor && { from: view.cursor.anchor ?? view.cursor.at, to: view.cursor.at }) ?? (view.hover && { from: view.hover, to: view.hover });
  if (!area) return;
  const xs = [area.from[0], area.to[0]], ys = [area.from[1], area.to[1]];
  frame(at.x(Math.min(...xs)), at.y(Math.max(...ys)), at.x(Math.max(...xs) + 1), at.y(Math.min(...ys) - 1), paint.accent);
}

// a sign above the chart and a line down to its axis; those that would cover each other share a sign, which says how many they are
function happened(context, width, tall, view, at, paint) {
  const inside = (x) => Math.max(LEFT, Math.min(x, width - RIGHT));
  view.signs = [];
  for (const mark of view.marks ?? []) {
    const x = Math.round(inside(at.time(mark.begin))), last = view.signs.at(-1), { colour } = KINDS[mark.kind];
    if (last && x - last.x < SIGN + 2) last.marks.push(mark);
    else view.signs.push({ x, marks: [mark] });
    context.fillStyle = paint[colour];
    context.fillRect(x, TOP - 5, Math.max(inside(at.time(mark.end ?? Date.now())) - x, 2), 3);
    context.strokeStyle = paint[colour];
    const marked = view.marked === `${mark.kind} ${mark.key}`;
    context.lineWidth = marked ? 3 : 1;
    context.setLineDash(marked ? [] : [2, 3]);
    context.beginPath();
    context.moveTo(x + 0.5, SIGN);
    context.lineTo(x + 0.5, tall - BOTTOM);
    context.stroke();
  }
  context.setLineDash([]);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { x, marks } of view.signs) {
    const { sign, colour } = KINDS[marks[0].kind];
    context.fillStyle = paint[marks.length > 1 ? "text" : colour];
    context.fillRect(x - SIGN / 2, 1, SIGN, SIGN);
    context.fillStyle = paint.ground;
    context.fillText(marks.length > 1 ? String(Math.min(marks.length, 99)) : sign, x, SIGN / 2 + 1.5);
  }
}
