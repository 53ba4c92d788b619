// A trace's tree in typed arrays: order of the rows, depth, self time and the critical path, whatever the spans claim.
//
// Every span is one row, also of a broken trace: an orphan, its own parent, and the first of a circle of parents stand at the top.

const FEW = 16;

export const ROOT = 0, CHILD = 1, ORPHAN = 2, OWN_PARENT = 3, CIRCLE = 4;

// `data` as `spansOf` gives it
export function treeOf(data) {
  const size = data.starts.length;
  const { starts, durations, byStart } = data;
  const { parent, place } = parents(data, size);
  const children = childrenOf(parent, byStart, size);
  const { order, depth, end } = rows(children, parent, place, byStart, size);
  const self = selfTimes(starts, durations, children, size);
  let last = 0;
  for (let at = 0; at < size; at += 1) last = Math.max(last, starts[at] + durations[at]);
  const critical = criticalPath(starts, durations, children, parent, order[0]);
  return { size, starts, durations, parent, place, order, depth, end, self, duration: last, children, critical, onPath: firstParts(critical, size) };
}

function parents({ ids, parents: above }, size) {
  const parent = new Int32Array(size).fill(-1), place = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) {
    const high = above[at * 2], low = above[at * 2 + 1];
    if (!high && !low) continue;
    const found = ids.indexOf(high, low);
    if (found < 0) place[at] = ORPHAN;
    else if (ids.numbers[at * 2] === high && ids.numbers[at * 2 + 1] === low) place[at] = OWN_PARENT;
    else { place[at] = CHILD; parent[at] = found; }
  }
  return { parent, place };
}

// the children of each, by their start
function childrenOf(parent, byStart, size) {
  const first = new Int32Array(size + 1);
  for (let at = 0; at < size; at += 1) if (parent[at] >= 0) first[parent[at] + 1] += 1;
  for (let at = 0; at < size; at += 1) first[at + 1] += first[at];
  const next = first.slice(), list = new Int32Array(first[size]);
  for (const at of byStart) if (parent[at] >= 0) list[next[parent[at]]++] = at;
  return { first, list };
}

// depth-first with a stack of its own: a trace may be deeper than the language's; `end[row]` is the row after a row's descendants
function rows({ first, list }, parent, place, byStart, size) {
  const order = new Int32Array(size), depth = new Int32Array(size), end = new Int32Array(size), reached = new Uint8Array(size);
  const stack = new Int32Array(size * 2 + 2);
  let row = 0;
  const walk = (top) => {
    let height = 0;
    stack[height++] = top;
    while (height) {
      const at = stack[--height];
      if (at < 0) { end[~at] = row; continue; }
      if (reached[at]) continue;
      reached[at] = 1;
      depth[at] = at === top ? 0 : depth[parent[at]] + 1;
      stack[height++] = ~row;
      order[row++] = at;
      for (let child = first[at + 1] - 1; child >= first[at]; child -= 1) if (!reached[list[child]]) stack[height++] = list[child];
    }
  };
  for (const at of byStart) if (place[at] !== CHILD) walk(at);
  for (const at of byStart) {
    if (reached[at]) continue;
    const passed = new Set();
    let top = at;
    while (!passed.has(top)) { passed.add(top); top = parent[top]; }
    place[top] = CIRCLE;
    walk(top);
  }
  return { order, depth, end };
}

// a span's duration without the time in which any child ran
function selfTimes(starts, durations, { first, list }, size) {
  const self = new Float64Array(size);
  for (let at = 0; at < size; at += 1) {
    const begin = starts[at], end = begin + durations[at];
    let covered = 0, reach = begin;
    for (let place = first[at]; place < first[at + 1]; place += 1) {
      const child = list[place], from = Math.max(starts[child], reach), to = Math.min(starts[child] + durations[child], end);
      if (to > from) { covered += to - from; reach = to; }
    }
    self[at] = durations[at] - covered;
  }
  return self;
}

// from the end of the first row's span backwards, always into the child that ended last: [span, from, to, …]
function criticalPath(starts, durations, { first, list }, parent, top) {
  const path = [], waiting = [[top, starts[top] + durations[top]]], seen = new Set();
  while (waiting.length) {
    const [at, limit] = waiting.pop();
    if (seen.has(at)) continue;
    seen.add(at);
    if (first[at] === first[at + 1]) {
      path.push(at, starts[at], Math.min(limit, starts[at] + durations[at]));
      continue;
    }
    const ended = byEnd(list.subarray(first[at], first[at + 1]), starts, durations);
    let reach = Math.min(limit, starts[at] + durations[at]);
    for (const child of ended) {
      const end = Math.min(starts[child] + durations[child], starts[at] + durations[at]);
      if (end > reach || starts[child] >= reach || end <= starts[child]) continue;
      if (reach > end) path.push(at, end, reach);
      waiting.push([child, end]);
      reach = Math.max(starts[child], starts[at]);
    }
    if (reach > starts[at]) path.push(at, starts[at], reach);
  }
  return path;
}

// the last first; few are put in order where they are, as the language's own way costs more than the rest of the path
function byEnd(spans, starts, durations) {
  const later = (a, b) => starts[b] + durations[b] - starts[a] - durations[a];
  if (spans.length > FEW) return Array.from(spans).sort(later);
  const found = spans.slice();
  for (let next = 1; next < found.length; next += 1) {
    const one = found[next];
    let at = next;
    for (; at && later(found[at - 1], one) > 0; at -= 1) found[at] = found[at - 1];
    found[at] = one;
  }
  return found;
}

// where the parts of each span on the critical path begin, which stand together; -1: it is not on it
function firstParts(critical, size) {
  const found = new Int32Array(size).fill(-1);
  for (let place = critical.length - 3; place >= 0; place -= 3) found[critical[place]] = place;
  return found;
}
