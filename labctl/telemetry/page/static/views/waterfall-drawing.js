// How a waterfall looks: the minimap and the rows in view. It draws what `trace.js` holds, and keeps what it works out once.

import { colours, hue } from "../kit/canvas.js";
import { cut, duration } from "../kit/format.js";
import { durationTicks } from "../kit/ticks.js";

export const ROW = 22;
const INDENT = 12, NARROW_INDENT = 7, NARROW = 520, CARET = 12, END = 64, MARK = 6;

const names = (width) => Math.max(Math.min(width * 0.44, 200), Math.min(width * 0.38, 420));
const indentOf = (depth, width) => Math.min(depth * (width < NARROW ? NARROW_INDENT : INDENT), names(width) * 0.45);

// the bars are drawn once for a size, a scheme and what was searched; the frame of the part in view is drawn over them
export function drawMap(context, width, tall, view) {
  const paint = colours(), scale = width / (view.tree.duration || 1), ratio = devicePixelRatio || 1;
  const key = [width, tall, ratio, paint.dark, view.match].join();
  if (view.map?.key !== key) {
    const image = new OffscreenCanvas(Math.round(width * ratio), Math.round(tall * ratio)), bars = image.getContext("2d");
    bars.scale(ratio, ratio);
    drawBars(bars, tall, scale, view, paint);
    view.map = { key, image };
  }
  context.drawImage(view.map.image, 0, 0, width, tall);
  const [from, to] = view.drag ?? [view.from, view.to];
  context.strokeStyle = paint.text;
  context.strokeRect(Math.min(from, to) * scale + 0.5, 0.5, Math.max(Math.abs(to - from) * scale - 1, 2), tall - 1);
}

function drawBars(context, tall, scale, view, paint) {
  const { data, tree } = view;
  const line = Math.max(1, Math.min(4, (tall - 4) / tree.size));
  const services = data.origins_table.map(([service]) => hue(service, paint.dark));
  // one bar for each pixel and line: more could not be seen
  const step = Math.max(1, Math.floor(tree.size / 20000));
  for (let row = 0; row < tree.size; row += step) {
    const at = tree.order[row];
    context.fillStyle = data.errors[at] ? paint.error : services[data.origins[at]];
    context.globalAlpha = !view.match || view.match[data.origins[at]] ? 1 : 0.2;
    context.fillRect(tree.starts[at] * scale, 2 + (row / tree.size) * (tall - 4), Math.max(tree.durations[at] * scale, 1), line);
  }
}

export function drawRows(context, width, tall, view) {
  const { tree, visible } = view;
  if (!visible) return;
  const paint = colours(), left = names(width);
  context.font = paint.font;
  context.textBaseline = "middle";
  const first = Math.max(0, Math.floor(view.top / ROW)), last = Math.min(visible.length, Math.ceil((view.top + tall) / ROW));
  grid(context, width, tall, view, paint);
  for (let row = first; row < last; row += 1) {
    drawRow(context, width, left, row * ROW - view.top, visible[row], view, paint);
  }
  view.caret = (at) => indentOf(tree.depth[at], width) + CARET + 4;
}

// times after the first span, at the lines of the grid, of the part in view
export function drawAxis(context, width, view) {
  const paint = colours();
  context.font = paint.font;
  context.fillStyle = paint.dim;
  context.textBaseline = "middle";
  for (const { x, text } of axisTicks(context, width, view)) context.fillText(text, x + 2, 9);
}

function axisTicks(context, width, { from, to }) {
  const left = names(width);
  return durationTicks(from, to, width - left - END, (text) => context.measureText(text).width).map(({ x, text }) => ({ x: left + x, text }));
}

function grid(context, width, tall, view, paint) {
  context.fillStyle = paint.line;
  for (const { x } of axisTicks(context, width, view)) context.fillRect(Math.round(x) - 1, 0, 1, tall);
}

function drawRow(context, width, left, top, at, view, paint) {
  const { data, tree } = view, [service, name] = data.origins_table[data.origins[at]];
  const middle = top + ROW / 2, indent = indentOf(tree.depth[at], width), faded = view.match && !view.match[data.origins[at]];
  if (at === view.selected || at === view.hover) {
    context.fillStyle = at === view.selected ? paint.line : paint.raised;
    context.fillRect(0, top, width, ROW);
  }
  context.globalAlpha = faded ? 0.4 : 1;
  const colour = hue(service, paint.dark);
  context.fillStyle = colour;
  context.fillRect(indent, top + 4, 3, ROW - 8);
  context.fillStyle = data.errors[at] ? paint.bad : paint.text;
  context.textAlign = "left";
  if (tree.children.first[at + 1] > tree.children.first[at]) context.fillText(view.closed.has(at) ? "▸" : "▾", indent + 5, middle);
  clipped(context, `${data.errors[at] ? "✗ " : ""}${cut(name || "(no name)", 100)}`, indent + CARET + 5, middle, left - indent - CARET - 10, top);
  bar(context, width, left, top, at, view, paint, colour);
  context.globalAlpha = 1;
}

function clipped(context, text, x, y, width, top) {
  context.save();
  context.beginPath();
  context.rect(x, top, Math.max(width, 0), ROW);
  context.clip();
  context.fillText(text, x, y);
  context.restore();
}

function bar(context, width, left, top, at, view, paint, colour) {
  const { data, tree } = view, scale = (width - left - END) / (view.to - view.from), x = (time) => left + (time - view.from) * scale;
  const begin = x(tree.starts[at]), end = x(tree.starts[at] + tree.durations[at]);
  context.save();
  context.beginPath();
  context.rect(left, top, width - left, ROW);
  context.clip();
  context.fillStyle = data.errors[at] ? paint.error : colour;
  const from = Math.max(begin, left - 2), to = Math.min(Math.max(end, begin + 2), width + 2);
  if (to > from) context.fillRect(from, top + 5, to - from, ROW - 11);
  context.fillStyle = paint.critical;
  for (let place = tree.onPath[at]; tree.critical[place] === at; place += 3) {
    const low = Math.max(x(tree.critical[place + 1]), left - 2), high = Math.min(x(tree.critical[place + 2]), width + 2);
    if (high > low) context.fillRect(low, top + ROW - 6, Math.max(high - low, 1), 2);
  }
  const logs = (view.logs.get(at) ?? []).map((log) => x(log.at)), events = (view.events.get(at) ?? []).map((event) => x(tree.starts[at] + event));
  for (const place of logs) dot(context, place, top + ROW / 2, paint);
  for (const place of events) diamond(context, place, top + ROW / 2, paint);
  context.fillStyle = paint.dim;
  // what lies beyond the part in view is where its arrow points
  if (end < left) context.fillText("◂", left + 2, top + ROW / 2);
  else if (begin > width) context.fillText("▸", width - 14, top + ROW / 2);
  else label(context, duration(tree.durations[at]), { begin, end, marks: [...logs, ...events].filter((place) => place > left && place < width) }, width, left, top + ROW / 2, paint);
  context.restore();
}

function dot(context, x, y, paint) {
  context.beginPath();
  context.arc(x, y - 1, 3.5, 0, 7);
  context.fillStyle = paint.ground;
  context.fill();
  context.beginPath();
  context.arc(x, y - 1, 2.5, 0, 7);
  context.fillStyle = paint.text;
  context.fill();
}

function diamond(context, x, y, paint) {
  for (const [size, colour] of [[5, paint.ground], [3.5, paint.text]]) {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x, y - 1 - size);
    context.lineTo(x + size, y - 1);
    context.lineTo(x, y - 1 + size);
    context.lineTo(x - size, y - 1);
    context.fill();
  }
}

// beside the bar and its marks where there is room, else in the bar, on a ground of its own, where it covers neither an end nor a mark
function label(context, text, { begin, end, marks }, width, left, y, paint) {
  const room = context.measureText(text).width + 8, high = Math.max(end, ...marks.map((mark) => mark + MARK)), low = Math.min(begin, ...marks.map((mark) => mark - MARK));
  context.fillStyle = paint.text;
  if (high + room < width) context.fillText(text, Math.max(high + 5, left + 2), y);
  else if (low - room > left) context.fillText(text, low - room + 3, y);
  else {
    const last = Math.min(end, width) - room - MARK, first = Math.max(begin, left) + MARK;
    let at = last;
    while (at > first && marks.some((mark) => mark > at - MARK && mark < at + room + MARK)) at -= 4;
    if (at <= first) at = last;
    context.fillStyle = paint.ground;
    context.fillRect(at, y - 8, room, 15);
    context.fillStyle = paint.text;
    context.fillText(text, at + 4, y);
  }
}
