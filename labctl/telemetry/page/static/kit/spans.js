// The spans of an answer in typed arrays, and their ids as numbers: a hundred thousand texts would take a second.

const DIGITS = new Uint8Array(128);
for (let value = 0; value < 16; value += 1) DIGITS[value.toString(16).charCodeAt(0)] = value;

// of hex digits, eight to a number
function numbersOf(hex) {
  const found = new Uint32Array(hex.length / 8), letters = new TextEncoder().encode(hex);
  for (let at = 0, digit = 0; at < found.length; at += 1) {
    let value = 0;
    for (const end = digit + 8; digit < end; digit += 1) value = (value << 4) | DIGITS[letters[digit]];
    found[at] = value;
  }
  return found;
}

// numbers that nobody knows beforehand: ids cannot be made so that all stand in one place of the table
const [FIRST, SECOND] = crypto.getRandomValues(new Uint32Array(2)).map((value) => value | 1);

// where each id stands: a table with open addressing; of several spans with one id, the first of `order`
class SpanIds {
  constructor(hex, order) {
    this.numbers = numbersOf(hex);
    this.bits = 32 - Math.ceil(Math.log2(order.length * 2 + 2));
    this.table = new Int32Array(2 ** (32 - this.bits)).fill(-1);
    for (const at of order) {
      const slot = this.slot(this.numbers[at * 2], this.numbers[at * 2 + 1]);
      if (this.table[slot] < 0) this.table[slot] = at;
    }
  }

  slot(high, low) {
    const { table, numbers } = this;
    let slot = (Math.imul(high, FIRST) ^ Math.imul(low, SECOND)) >>> this.bits;
    while (table[slot] >= 0 && (numbers[table[slot] * 2] !== high || numbers[table[slot] * 2 + 1] !== low)) slot = (slot + 1) % table.length;
    return slot;
  }

  // -1: there is none
  indexOf(high, low) {
    return this.table[this.slot(high, low)];
  }

  indexOfHex(id) {
    return /^[0-9a-f]{16}$/.test(id) ? this.indexOf(...numbersOf(id)) : -1;
  }
}

export function spansOf(answer) {
  const starts = Float64Array.from(answer.starts), byStart = sorted(starts);
  return {
    ...answer, ...origins(answer), starts, byStart, durations: Float64Array.from(answer.durations), errors: Uint8Array.from(answer.errors),
    ids: new SpanIds(answer.span_ids, byStart), parents: numbersOf(answer.parent_ids),
  };
}

// the places in the order of the values
function sorted(values) {
  const found = new Uint32Array(values.length);
  let isSorted = true;
  for (let at = 0; at < found.length; at += 1) {
    found[at] = at;
    isSorted &&= at === 0 || values[at - 1] <= values[at];
  }
  return isSorted ? found : found.sort((a, b) => values[a] - values[b] || a - b);
}

// [service, name] of each kind of span, each once
function origins({ names, resources, services }) {
  const found = new Int32Array(names.length), table = [], known = new Map();
  names.forEach((name, at) => {
    let ofName = known.get(name);
    if (!ofName) known.set(name, ofName = new Map());
    let place = ofName.get(resources[at]);
    if (place === undefined) {
      ofName.set(resources[at], place = table.length);
      table.push([services[resources[at]], name]);
    }
    found[at] = place;
  });
  return { origins: found, origins_table: table };
}
