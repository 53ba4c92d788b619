// Round numbers for an axis, 1, 2 or 5 times a power of ten apart, and what is written at them.

const MOST = 5, APART = 8, SIZES = [2 ** 30, 2 ** 20, 2 ** 10];
const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

// at most so many; three to five where the axis begins at zero
export function ticks(low, high, most = MOST) {
  if (!(high > low)) return [low];
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10, 20, 50].map((factor) => factor * power).find((one) => between(low, high, one).length <= most);
  return between(low, high, step);
}

function between(low, high, step) {
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at <= high / step + 1e-9; at += 1) found.push(Number((at * step).toPrecision(12)) || 0);
  return found;
}

// round in KiB, MiB or GiB
export function byteTicks(low, high) {
  const size = SIZES.find((one) => high - low >= one) ?? 1;
  return ticks(low / size, high / size).map((at) => at * size);
}

// a formatted number without the zeros that end its fraction
export const plain = (text) => text.replace(/^(-?[\d\u202f]+(?:\.\d*[1-9])?)\.?0*(?!\d)/, "$1");

// in ns, with all its digits: ticks of a part that is zoomed into differ in the last ones alone
export function exactDuration(ns) {
  const [unit, size] = UNITS.find(([, one]) => Math.abs(ns) >= one) ?? UNITS.at(-1);
  return ns ? `${Number((ns / size).toPrecision(12))} ${unit}` : "0";
}

// of durations on an axis so wide in pixels, as many as have room to the right of their ticks
export function durationTicks(low, high, room, widthOf) {
  const end = high - (high - low) * 1e-6;          // none at the end
  for (let most = MOST; ; most -= 1) {
    const found = ticks(low, end, most).map((at) => ({ x: (at - low) / (high - low) * room, text: exactDuration(at) }));
    if (most === 1 || found.every(({ x, text }, place) => x + widthOf(text) + APART <= (found[place + 1]?.x ?? Infinity))) return found;
  }
}
