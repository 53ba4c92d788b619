// The time axis of a chart: where its ticks stand in the browser's time zone, and what is written at them.

import { day, timeOfDay } from "./format.js";

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400];
const FINE_S = 900, DAY_S = 86400, DAY_MS = 86400000, MINUTE_MS = 60000, ROOM = 90;

// in ms, at most so many
export function timeTicks(begin, end, most) {
  const seconds = STEPS.find((step) => (end - begin) / 1000 / step <= most) ?? Math.ceil((end - begin) / most / DAY_MS) * DAY_S;
  return seconds <= FINE_S ? even(begin, end, seconds * 1000) : byCalendar(begin, end, seconds);
}

// clocks are set forward and back by whole quarters of an hour
function even(begin, end, step) {
  const found = [], zone = new Date(begin).getTimezoneOffset() * MINUTE_MS;
  for (let at = Math.ceil((begin - zone) / step) * step + zone; at < end; at += step) found.push(at);
  return found;
}

// at whole hours and days, also where a day has 23 or 25 hours
function byCalendar(begin, end, seconds) {
  const found = [], first = new Date(begin), [year, month, date] = [first.getFullYear(), first.getMonth(), first.getDate()];
  const days = Math.max(1, seconds / DAY_S), over = Date.UTC(year, month, date) / DAY_MS % days;
  for (let of = date - over; ; of += days) {
    for (let at = 0; at < DAY_S; at += seconds) {
      const tick = new Date(year, month, of, 0, 0, at), ms = tick.getTime();
      if (ms >= end) return found;
      const skipped = at && tick.getHours() * 3600 + tick.getMinutes() * 60 !== at;         // an hour that this day has not
      if (ms >= begin && !skipped) found.push(ms);
    }
  }
}

// the day stands at the first tick where it is not today, and where another day begins
export function tickTexts(ticks) {
  const whole = ticks.every((at) => at % MINUTE_MS === 0), days = ticks.map(day);
  return ticks.map((at, place) => {
    const time = whole ? timeOfDay(at).slice(0, 5) : timeOfDay(at);
    if (days[place] === (place ? days[place - 1] : day(Date.now()))) return time;
    return timeOfDay(at) === "00:00:00" ? days[place] : `${days[place]} ${time}`;
  });
}

// between `low` and `high`; the ticks
export function drawTimes(context, { begin, end, x, y, low, high }) {
  const ticks = timeTicks(begin, end, (high - low) / ROOM), texts = tickTexts(ticks);
  context.textAlign = "center";
  ticks.forEach((at, place) => {
    const half = context.measureText(texts[place]).width / 2;
    context.fillText(texts[place], Math.min(Math.max(x(at), low + half), high - half), y);
  });
  return ticks;
}
