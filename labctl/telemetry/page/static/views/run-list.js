// The runs that the store has requests of, merged with those that labctl has told of; parts of a run come with several answers.
// `begin` and `end` are of the requests that are stored; `began` and `took`, in ms, are as labctl told, where it did.

import { ask } from "../kit/fetch.js";
import { goesOn, recent } from "../kit/going.js";

// `seen` is called with what is known so far, after each answer
export async function listRuns(signal, seen = () => {}) {
  const found = new Map();
  let before = null, runs = [];
  do {
    const answer = await ask("page/runs", { before }, signal);
    for (const one of answer.told ?? []) told(found, one);
    for (const one of answer.runs) stored(found, one);
    before = answer.before;
    runs = [...found.values()].sort((a, b) => b.begin - a.begin);
    seen(runs);
  } while (before !== null);
  return runs;
}

function told(found, { run_id: id, begin, end, ...one }) {
  const going = goesOn({ end, told: one.told / 1000 });
  found.set(id, { ...one, id, begin, end: end ?? one.told, began: begin, took: end === null ? null : end - begin, going, requests: 0, errors: 0, max: null });
}

function stored(found, { prefix: id, ...part }) {
  const now = found.get(id), going = now?.title === undefined ? recent(part.end) : now.going;
  if (!now || !now.requests) {
    found.set(id, { ...now, id, ...part, going });
    return;
  }
  Object.assign(now, { begin: Math.min(now.begin, part.begin), end: Math.max(now.end, part.end), requests: now.requests + part.requests,
    errors: now.errors + part.errors, max: Math.max(now.max, part.max), going });
}
