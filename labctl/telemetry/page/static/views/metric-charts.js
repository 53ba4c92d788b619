// Charts of a metric over time: lines with gaps, exemplars as dots, and the buckets of a histogram as shades.

import { canvas, colours, shade } from "../kit/canvas.js";
import { el, put } from "../kit/dom.js";
import { clock } from "../kit/format.js";
import { byteTicks, plain, ticks } from "../kit/ticks.js";
import { drawTimes } from "../kit/time-axis.js";

const LEFT = 72, RIGHT = 34, TOP = 10, BOTTOM = 20, NEAR = 8;
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
const HUES = { false: ["#0072b2", "#a35200", "#00694d", "#8a3a6b", "#5b5b00", "#3d5a80"], true: ["#56b4e9", "#e69f00", "#3fc79a", "#e29bc4", "#f0e442", "#9db8dd"] };

// a line's colour and dashes, so that a colour alone tells nothing
export const lineStyle = (place, dark) => ({ colour: HUES[dark][place % 6], dash: DASHES[Math.floor(place / 6 + (place % 6)) % DASHES.length] });

// a piece of the line, for a legend
export function swatch(place, signal) {
  const box = el("span", { class_: "swatch" });
  requestAnimationFrame(() => !signal.aborted && canvas(box, 12, "", (context, width) => {
    stroke(context, lineStyle(place, colours().dark));
    context.beginPath();
    context.moveTo(0, 6);
    context.lineTo(width, 6);
    context.stroke();
  }, signal).element.setAttribute("aria-hidden", "true"));
  return box;
}

function stroke(context, { colour, dash }) {
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.setLineDash(dash);
}

const known = (value) => (typeof value === "number" ? value : null);

// `update({begin, width, slots, series: [{name, place, values}], dots: [{time, value}], picked})`; `open(dot)` at a click on one
export function timeChart(parent, { height, label, format, bytes = false, open, signal }) {
  let data = { begin: 0, width: 1, slots: 1, series: [], dots: [], picked: null };
  const tip = el("div", { class_: "tip", hidden: true });
  const frame = { at: null, most: 1, least: 0, width: 1, tall: 1, bytes };
  const x = (time) => LEFT + (time - data.begin) / (data.width * data.slots) * (frame.width - LEFT - RIGHT);
  const y = (value) => frame.tall - BOTTOM - (value - frame.least) / (frame.most - frame.least) * (frame.tall - TOP - BOTTOM);
  const made = canvas(parent, height, label, (context, width, tall) => {
    const every = [...data.series.flatMap(({ values }) => values), ...data.dots.map(({ value }) => value)].map(known).filter((value) => value !== null);
    const least = Math.min(0, ...every), highest = Math.max(0, ...every);
    Object.assign(frame, { width, tall, most: (highest || (least ? 0 : 1)) * 1.05, least, flat: !highest && !least });
    const paint = colours();
    if (!every.length) { nothing(context, frame, data, paint, x); return; }
    axes(context, frame, data, paint, x, y, format);
    // below the lines, which they would hide
    for (const dot of data.dots) spot(context, x(dot.time), y(known(dot.value) ?? 0), paint);
    for (const { name, place, values } of data.series) {
      line(context, lineStyle(place, paint.dark), values, (at) => x(data.begin + (at + 0.5) * data.width), y);
      if (data.named) endName(context, name, values, (at) => x(data.begin + (at + 0.5) * data.width), y);
    }
    if (data.picked) spot(context, x(data.picked.time), y(known(data.picked.value) ?? 0), paint, true);
    if (frame.at !== null) { context.fillStyle = paint.dim; context.fillRect(Math.round(frame.at), TOP, 1, tall - TOP - BOTTOM); }
  }, signal);
  parent.append(tip);
  const nearest = (event) => {
    const box = made.element.getBoundingClientRect(), [px, py] = [event.clientX - box.left, event.clientY - box.top];
    return data.dots.find((dot) => Math.hypot(x(dot.time) - px, y(known(dot.value) ?? 0) - py) < NEAR) ?? null;
  };
  made.element.addEventListener("pointermove", (event) => {
    const box = made.element.getBoundingClientRect();
    frame.at = Math.min(Math.max(event.clientX - box.left, LEFT), frame.width - RIGHT);
    const time = data.begin + (frame.at - LEFT) / (frame.width - LEFT - RIGHT) * data.width * data.slots;
    const slot = Math.min(Math.floor((time - data.begin) / data.width), data.slots - 1), dot = nearest(event);
    made.element.classList.toggle("pointing", Boolean(dot && open));
    put(tip, dot ? `${clock(dot.time, true)}  ${format(dot.value)} (click to open trace)` : [clock(data.begin + slot * data.width), ...data.series.slice(0, 8).map(({ name, values }) => `${name} ${format(known(values[slot]))}`)].join("   "));
    tip.hidden = false;
    tip.style.left = `${Math.min(frame.at + 8, Math.max(0, frame.width - tip.offsetWidth - 4))}px`;
    tip.style.top = "0px";
    made.again();
  });
  made.element.addEventListener("pointerleave", () => { frame.at = null; tip.hidden = true; made.again(); });
  made.element.addEventListener("click", (event) => { const dot = nearest(event); if (dot) open?.(dot); });
  return (next) => { data = { dots: [], picked: null, ...next }; made.again(); };
}

function axes(context, { width, tall, most, least, flat, bytes }, data, paint, x, y, format) {
  context.font = paint.font;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const value of flat ? [0, 1] : (bytes ? byteTicks : ticks)(least, most)) {
    context.fillStyle = paint.line;
    context.fillRect(LEFT, Math.round(y(value)), width - LEFT - RIGHT, 1);
    context.fillStyle = paint.dim;
    context.fillText(value ? plain(format(value)) : "0", LEFT - 6, y(value));
  }
  times(context, { width, tall }, data, paint, x);
}

function times(context, { width, tall }, { begin, width: slot, slots }, paint, x) {
  context.fillStyle = paint.dim;
  drawTimes(context, { begin, end: begin + slot * slots, x, y: tall - 8, low: LEFT - 24, high: width });
}

function line(context, style, values, x, y) {
  stroke(context, style);
  context.fillStyle = style.colour;
  context.beginPath();
  let pen = false;
  values.forEach((each, at) => {
    const value = known(each);
    if (value !== null) {
      context[pen ? "lineTo" : "moveTo"](x(at), y(value));
      // one that stands alone would not be seen
      if (!pen && known(values[at + 1]) === null) context.fillRect(x(at) - 1.5, y(value) - 1.5, 3, 3);
    }
    pen = value !== null;
  });
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
}

function endName(context, name, values, x, y) {
  const last = values.findLastIndex((value) => known(value) !== null);
  if (last < 0) return;
  context.textAlign = "left";
  context.fillText(name, x(last) + 5, y(values[last]));
}

function spot(context, x, y, paint, picked = false) {
  context.beginPath();
  context.arc(x, y, picked ? 6 : 3.5, 0, 7);
  context.strokeStyle = paint.dim;
  if (picked) { context.fillStyle = paint.text; context.fill(); }
  context.stroke();
}

function nothing(context, { width, tall }, data, paint, x) {
  context.font = paint.font;
  context.fillStyle = paint.dim;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillText("No data in this time range", (LEFT + width - RIGHT) / 2, tall / 2);
  context.fillRect(LEFT, tall - BOTTOM, width - LEFT - RIGHT, 1);
  times(context, { width, tall }, data, paint, x);
}

// shades by how many values lie in each bucket and slot
export function bucketChart(parent, { height, label, format, signal }) {
  let data = { begin: 0, width: 1, slots: 1, buckets: { bounds: [], slots: [] } };
  const made = canvas(parent, height, label, (context, width, tall) => {
    const { begin, width: slot, slots, buckets: { bounds, slots: columns } } = data, paint = colours();
    context.font = paint.font;
    const [low, high] = inUse(columns, bounds.length + 1), rows = high - low + 1;
    const most = Math.max(1, ...columns.flatMap((column) => column ?? [0]));
    const x = (time) => LEFT + (time - begin) / (slot * slots) * (width - LEFT - RIGHT), y = (row) => tall - BOTTOM - (row - low) / rows * (tall - TOP - BOTTOM);
    columns.forEach((column, at) => column?.forEach((value, row) => {
      if (!value) return;
      context.fillStyle = `rgb(${shade(0.15 + 0.85 * Math.log1p(value) / Math.log1p(most), paint.dark).join()})`;
      const left = Math.round(x(begin + at * slot)), top = Math.round(y(row + 1));
      context.fillRect(left, top, Math.round(x(begin + (at + 1) * slot)) - left, Math.round(y(row)) - top);
    }));
    context.fillStyle = paint.dim;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const step = Math.ceil(rows / Math.max((tall - TOP - BOTTOM) / 16, 1));
    for (let row = low; row < Math.min(high + 1, bounds.length); row += step) context.fillText(format(bounds[row]), LEFT - 6, y(row + 1));
    times(context, { width, tall }, data, paint, x);
  }, signal);
  return (next) => { data = next; made.again(); };
}

function inUse(columns, rows) {
  let low = rows - 1, high = 0;
  for (const column of columns) column?.forEach((value, row) => { if (value) { low = Math.min(low, row); high = Math.max(high, row); } });
  return low > high ? [0, 0] : [low, high];
}
