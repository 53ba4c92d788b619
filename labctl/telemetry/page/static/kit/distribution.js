// One or two distributions of durations over each other, on one logarithmic axis: {name, cells: [step, count, …], perDecade, total, marks}.

import { canvas, colours } from "./canvas.js";
import { duration } from "./format.js";

const LEFT = 12, RIGHT = 12, TOP = 34, BOTTOM = 20;
const MOST_STEPS = 40;              // of the body, from p5 to p95; of few requests their square root
const LOOKS = [{ colour: "accent", dash: [], fill: 0.28 }, { colour: "warn", dash: [6, 3], fill: 0 }];
const MARKED = ["p50", "p99"];

export function distribution(parent, height, label, signal) {
  let sets = [];
  const made = canvas(parent, height, label, (context, width, tall) => draw(context, width, tall, sets), signal);
  return (next) => {
    const filled = next.filter(({ total }) => total), merge = Math.max(1, ...filled.map(coarseness));
    sets = filled.map((set) => shares(set, merge));
    made.again();
  };
}

// how many steps are drawn as one
function coarseness({ cells, total }) {
  const at = (share) => {
    let below = 0;
    for (let place = 0; place < cells.length; place += 2) if ((below += cells[place + 1]) >= share * total) return cells[place];
    return cells.at(-2);
  };
  return Math.max(1, Math.ceil((at(0.95) - at(0.05)) / Math.min(MOST_STEPS, Math.sqrt(total))));
}

function shares(set, merge) {
  const found = new Map();
  for (let at = 0; at < set.cells.length; at += 2) {
    const step = Math.floor(set.cells[at] / merge);
    found.set(step, (found.get(step) ?? 0) + set.cells[at + 1] / set.total / merge);
  }
  return { ...set, width: merge / set.perDecade, found };
}

function draw(context, width, tall, sets) {
  const paint = colours();
  context.font = paint.font;
  context.textBaseline = "middle";
  if (!sets.length) {
    context.fillStyle = paint.dim;
    context.fillText("no successful requests", LEFT, tall / 2);
    return;
  }
  const ends = sets.flatMap(({ found, width: step }) => [...found.keys()].flatMap((at) => [at * step, (at + 1) * step]));
  const low = Math.min(...ends) - 0.02, high = Math.max(...ends, low + 0.3) + 0.02;
  const most = Math.max(...sets.flatMap(({ found }) => [...found.values()]));
  const x = (level) => LEFT + (level - low) / (high - low) * (width - LEFT - RIGHT), y = (share) => tall - BOTTOM - share / most * (tall - TOP - BOTTOM);
  axis(context, width, tall, { low, high, x, paint });
  sets.forEach((set, place) => outline(context, set, { ...LOOKS[place], x, y, floor: tall - BOTTOM, paint }));
  sets.forEach((set, place) => marks(context, width, tall, set, { ...LOOKS[place], x, paint, line: place, low, high }));
}

function axis(context, width, tall, { low, high, x, paint }) {
  context.fillStyle = paint.dim;
  context.textAlign = "center";
  const fine = high - low < 2.2;
  let last = -Infinity;
  for (let decade = Math.floor(low); decade <= high; decade += 1) {
    for (const factor of fine ? [1, 2, 3, 5, 7] : [1, 3]) {
      const level = decade + Math.log10(factor), at = x(level);
      if (level < low || level > high || at - last < 60 || at > width - 24 || at < 24) continue;
      context.fillText(duration(Number((10 ** level).toPrecision(1))), at, tall - 8);
      context.fillRect(at, tall - BOTTOM, 1, 4);
      last = at;
    }
  }
  context.fillRect(LEFT, tall - BOTTOM, width - LEFT - RIGHT, 1);
}

function outline(context, { found, width }, { colour, dash, fill, x, y, floor, paint }) {
  const steps = [...found.keys()].sort((a, b) => a - b);
  context.beginPath();
  context.moveTo(x(steps[0] * width), floor);
  steps.forEach((step, place) => {
    if (place && steps[place - 1] !== step - 1) {
      context.lineTo(x((steps[place - 1] + 1) * width), floor);
      context.lineTo(x(step * width), floor);
    }
    context.lineTo(x(step * width), y(found.get(step)));
    context.lineTo(x((step + 1) * width), y(found.get(step)));
  });
  context.lineTo(x((steps.at(-1) + 1) * width), floor);
  context.fillStyle = context.strokeStyle = paint[colour];
  context.globalAlpha = fill;
  if (fill) context.fill();
  context.globalAlpha = 1;
  context.setLineDash(dash);
  context.lineWidth = 1.6;
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
}

// percentiles stand above, one line of text for each set
function marks(context, width, tall, { name, marks: times }, { colour, dash, x, paint, line, low, high }) {
  context.fillStyle = context.strokeStyle = paint[colour];
  const top = 8 + line * 14;
  let last = LEFT;
  context.textAlign = "left";
  context.fillText(name, LEFT, top);
  last += context.measureText(name).width + 12;
  for (const one of MARKED) {
    const level = times[one] ? Math.log10(times[one]) : null;
    if (level === null || level < low || level > high) continue;
    const text = `${one} ${duration(times[one])}`, long = context.measureText(text).width, at = Math.min(Math.max(x(level) - long / 2, last), width - RIGHT - long);
    context.clearRect(at - 2, top - 7, long + 4, 14);        // the line of a mark above
    context.fillText(text, at, top);
    last = at + long + 10;
    context.setLineDash(dash.length ? dash : [1, 2]);
    context.beginPath();
    context.moveTo(x(level), top + 8);
    context.lineTo(x(level), tall - BOTTOM);
    context.stroke();
    context.setLineDash([]);
  }
}
