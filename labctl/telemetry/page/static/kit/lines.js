// A small time chart of lines on canvas: series are {name, colour, values}, one value a slot, null where there is none.

import { canvas, colours } from "./canvas.js";
import { plain, ticks } from "./ticks.js";
import { drawTimes } from "./time-axis.js";

const LEFT = 58, RIGHT = 8, TOP = 18, BOTTOM = 18;

export function lines(parent, height, label, format, signal) {
  let data = { begin: 0, width: 1000, slots: 0, series: [] };
  const made = canvas(parent, height, label, (context, width, tall) => draw(context, width, tall, data, format), signal);
  return (next) => {
    data = next;
    made.again();
  };
}

function draw(context, width, tall, { begin, width: slot, slots, series }, format) {
  const paint = colours();
  context.font = paint.font;
  const known = series.flatMap(({ values }) => values).filter((value) => typeof value === "number"), highest = Math.max(0, ...known), most = highest || 1;
  const x = (at) => LEFT + ((at + 0.5) / Math.max(slots, 1)) * (width - LEFT - RIGHT);
  const y = (value) => tall - BOTTOM - (value / most) * (tall - TOP - BOTTOM);
  context.strokeStyle = paint.line;
  context.fillStyle = paint.dim;
  context.textBaseline = "middle";
  const empty = !known.length;
  if (empty) {
    context.textAlign = "center";
    context.fillText(series.length ? "No data in this time range" : "", (LEFT + width - RIGHT) / 2, tall / 2);
  }
  for (const tick of empty ? [0] : highest ? ticks(0, highest) : [0, 1]) {
    context.textAlign = "right";
    context.fillText(tick ? plain(format(tick)) : "0", LEFT - 6, y(tick));
    context.beginPath();
    context.moveTo(LEFT, Math.round(y(tick)) + 0.5);
    context.lineTo(width - RIGHT, Math.round(y(tick)) + 0.5);
    context.stroke();
  }
  drawTimes(context, { begin, end: begin + slot * slots, x: (at) => x((at - begin) / slot - 0.5), y: tall - 7, low: LEFT - 24, high: width });
  let legend = LEFT;
  for (const { name, colour, values } of series) {
    context.strokeStyle = context.fillStyle = paint[colour] ?? colour;
    context.lineWidth = 1.5;
    context.beginPath();
    let pen = false;
    values.forEach((value, at) => {
      if (value === null) pen = false;
      else {
        context[pen ? "lineTo" : "moveTo"](x(at), y(value));
        if (!pen && (values[at + 1] ?? null) === null) context.fillRect(x(at) - 1.5, y(value) - 1.5, 3, 3);
        pen = true;
      }
    });
    context.stroke();
    context.textAlign = "left";
    context.fillRect(legend, 5, 10, 3);
    context.fillText(name, legend + 14, 7);
    legend += context.measureText(name).width + 32;
    context.lineWidth = 1;
  }
}
