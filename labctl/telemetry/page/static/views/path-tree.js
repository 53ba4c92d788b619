// The tree of span paths of two sides: rows sorted by how much they differ, opened where the difference is; a row leads to traces.

import { el, link, put } from "../kit/dom.js";
import { count, cut, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { address, change as changeAddress } from "../kit/route.js";
import { change } from "./signed.js";

const MOST = 200, ALL = 40, DEEPEST = 24, TELLING = 0.05;       // rows; paths that are all opened; steps of indent; share of the difference

export function pathTree(root, { kind, signal }) {
  const state = { tree: null, open: new Set(), selected: -1, most: MOST, rows: [] };
  const list = el("div"), detail = el("section", { class_: "detail", "aria-label": "Example traces" });
  const draw = () => {
    state.rows = visible(state);
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.path : null;
    put(list, treeTable(state, kind, { toggle, select }));
    drawDetail(detail, state, kind);
    const at = focused === null ? null : list.querySelector(`button[data-path="${Number(focused)}"]`);
    at?.focus({ preventScroll: true });
  };
  const toggle = (place) => { state.open[state.open.has(place) ? "delete" : "add"](place); draw(); };
  const select = (place, { keep = true } = {}) => {
    state.selected = place;
    for (let at = state.tree.above[place]; at >= 0; at = state.tree.above[at]) state.open.add(at);
    if (keep) changeAddress({ path: place }, { replace: true });
    draw();
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const row = state.rows.indexOf(state.selected), next = state.rows[Math.max(0, Math.min(state.rows.length - 1, row + by))];
    if (next !== undefined) select(next);
  };
  const fold = (opened) => {
    const at = state.selected;
    if (at < 0) { step(1); return; }
    if (state.tree.children[at].length && state.open.has(at) !== opened) toggle(at);
    else if (opened) step(1);
    else if (state.tree.above[at] >= 0) select(state.tree.above[at]);
  };
  // where only some of one side's requests are longer, the slowest of those
  const examples = () => {
    const first = detail.querySelector(`[data-side="${few(state)?.[1]}"] a`) ?? detail.querySelector("a");
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "nearest" });
  };
  keys({
    j: ["next span", () => step(1)], k: ["previous span", () => step(-1)], l: ["expand, or go to the next span", () => fold(true)], h: ["collapse, or go to the parent", () => fold(false)],
    Enter: ["go to the example traces", examples],
  }, signal);
  // with null: the same tree, another row; `first` is the row to begin with
  return (found, path, first) => {
    if (found) {
      state.tree = built(found);
      state.open = opened(state.tree);
      put(root, el("div", { class_: "split" }, list, detail));
    }
    if (!state.tree) return;
    const wanted = path === null || path === "" ? NaN : Number(path);
    select(Number.isInteger(wanted) && state.tree.paths[wanted] ? wanted : state.selected >= 0 && !found ? state.selected : first ?? largest(state.tree), { keep: false });
  };
}

const few = ({ tree, selected }) => tree.parts.find(([place]) => place === selected);
const own = (side) => side?.[3] ?? 0;

// parents stand before their children, so sums are made from the end, and a chain of thousands needs no recursion
function built({ paths, parts }) {
  const above = paths.map(([place]) => place), children = paths.map(() => []), tops = [];
  const diff = paths.map((path) => own(path[4]) - own(path[3])), below = [...diff], weight = diff.map(Math.abs), depth = new Int32Array(paths.length);
  above.forEach((parent, place) => {
    (parent < 0 ? tops : children[parent]).push(place);
    depth[place] = parent < 0 ? 0 : depth[parent] + 1;
  });
  for (let place = paths.length - 1; place >= 0; place -= 1) {
    if (above[place] < 0) continue;
    below[above[place]] += below[place];
    weight[above[place]] += weight[place];
  }
  const order = (list) => list.sort((a, b) => weight[b] - weight[a] || a - b);
  children.forEach(order);
  return { paths, parts, above, children, tops: order(tops), diff, below, depth, most: Math.max(1e-9, ...diff.map(Math.abs)) };
}

// what is above a difference that matters is open; a small tree is open altogether
function opened({ paths, above, diff }) {
  const found = new Set(), all = diff.reduce((sum, one) => sum + Math.abs(one), 0);
  paths.forEach((path, place) => {
    const alone = !path[3] !== !path[4];
    if (paths.length > ALL && Math.abs(diff[place]) < all * TELLING && !(alone && paths.length < MOST)) return;
    for (let at = above[place]; at >= 0 && !found.has(at); at = above[at]) found.add(at);
  });
  return found;
}

const largest = ({ diff, tops }) => diff.reduce((best, one, place) => (Math.abs(one) > Math.abs(diff[best]) ? place : best), tops[0]);

function visible({ tree, open, most }) {
  const found = [], waiting = [...tree.tops].reverse();
  while (waiting.length && found.length < most) {
    const place = waiting.pop();
    found.push(place);
    if (open.has(place)) for (let at = tree.children[place].length - 1; at >= 0; at -= 1) waiting.push(tree.children[place][at]);
  }
  return found;
}

function treeTable(state, kind, act) {
  const { tree, rows, selected } = state, runs = kind === "runs";
  const head = [["Span", "text"], [runs ? "Spans per request, A" : "Spans A", "number widest"], [runs ? "Spans per request, B" : "Spans B", "number widest"], ["Self time A", "number"], ["Self time B", "number"], ["Difference", "number"],
    ["Longer in B →", "wide"], ...(runs ? [["±", "number wide"]] : []), ["Difference incl. children", "number widest"]];
  const body = rows.map((place) => el("tr", { "aria-selected": place === selected ? "true" : null, onclick: () => place !== selected && act.select(place) }, ...cells(state, place, runs, act).map((cell, at) =>
    el(at ? "td" : "th", { class_: head[at][1], scope: at ? null : "row" }, cell))));
  const more = rows.length >= state.most ? el("button", { type: "button", onclick: () => { state.most += MOST; act.select(state.selected); } }, "Show more rows") : null;
  return el("div", {}, el("div", { class_: "scroll", tabindex: 0, role: "region", "aria-label": "Spans by path: j and k move, l and h expand and collapse" },
    el("table", { class_: "paths" }, el("thead", {}, el("tr", {}, ...head.map(([title, name]) => el("th", { scope: "col", class_: name }, title)))), el("tbody", {}, ...body))),
  more, tree.paths.length > rows.length ? el("p", { class_: "note" }, `${count(rows.length)} of ${count(tree.paths.length)} paths are shown.`) : null);
}

function cells({ tree, open }, place, runs, { toggle }) {
  const [, service, name, a, b, margin] = tree.paths[place], diff = tree.diff[place], noise = runs && Math.abs(diff) <= (margin ?? Infinity);
  const only = !a ? "only in B" : !b ? "only in A" : "", has = tree.children[place].length > 0;
  const label = el("span", { class_: "path" }, has ? el("button", { type: "button", class_: "fold", "data-path": place, "aria-expanded": String(open.has(place)), "aria-label": `${open.has(place) ? "Collapse" : "Expand"} ${cut(name, 60)}`,
    onclick: (event) => { event.stopPropagation(); toggle(place); } }, open.has(place) ? "▾" : "▸") : el("span", { class_: "fold" }),
  el("span", {}, ...breakable(cut(name || "(no name)", 100)), " ", el("span", { class_: "dim wide" }, cut(service, 40)), only ? el("b", { class_: "warn" }, ` ${only}`) : ""));
  label.style.paddingLeft = `${Math.min(tree.depth[place], DEEPEST) * 0.8}rem`;
  const times = (side) => (side ? duration(side[3] * 1e6) : "–"), number = (side) => (side ? (Number.isInteger(side[0]) ? count(side[0]) : side[0].toFixed(2)) : "–");
  const text = el("span", { class_: noise || Math.abs(diff) < 0.0005 ? "dim" : diff > 0 ? "bad" : "good" }, `${change(diff, 2)} ms`);
  if (runs) text.append(el("span", { class_: "dim narrow" }, tolerance(margin)));
  return [label, number(a), number(b), times(a), times(b), text, bar(diff / tree.most, noise), ...(runs ? [el("span", { class_: "dim" }, tolerance(margin))] : []), el("span", { class_: "dim" }, `${change(tree.below[place], 2)} ms`)];
}

const tolerance = (margin) => (margin === null ? "too few samples" : `± ${margin.toFixed(2)} ms`);
// a long name breaks after its signs before it does within a word
const breakable = (name) => name.split(/(?<=[^\p{L}\p{N}\s])/u).flatMap((part) => [part, el("wbr")]);

// longer to the right, shorter to the left
function bar(share, noise) {
  const made = el("span", { class_: `difference ${share < 0 ? "less" : "more"}${noise ? " noise" : ""}`, "aria-hidden": "true" }, el("i"));
  if (Math.abs(share) < 0.01) made.firstChild.hidden = true;
  made.firstChild.style.width = `${Math.abs(share) * 50}%`;
  return made;
}

function drawDetail(root, state, kind) {
  const { tree, selected } = state;
  if (selected < 0) { put(root); return; }
  const [, service, name, a, b] = tree.paths[selected], runs = kind === "runs";
  const side = (letter, found) => {
    if (!found) return [el("h3", {}, letter), el("p", { class_: "note" }, runs ? "No request has this span here." : "This trace does not have this span.")];
    const [spans, errors, total, mean, median, examples] = found, links = [];
    for (let at = 0; at < examples.length; at += 2) {
      const text = !runs ? "span in its trace" : at ? "slowest trace" : "median trace";
      if (!at || examples[at] !== examples[0]) links.push(el("li", {}, link(text, address("trace", { span: examples[at + 1] }, examples[at])), " ", el("span", { class_: "mono dim" }, examples[at].slice(0, 12), "…")));
    }
    if (few(state)) links.reverse();    // the median one is not of the few
    const facts = [[runs ? "spans per request" : "spans", runs ? spans.toFixed(2) : count(spans)], ["self time", duration(mean * 1e6)], ...(runs ? [["median self time", duration(median * 1e6)]] : []), ["duration", duration(total * 1e6)], ...(errors ? [["failed", count(errors)]] : [])];
    return [el("h3", {}, letter), el("dl", {}, ...facts.flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)])), el("ul", { "data-side": "AB".indexOf(letter) }, ...links)];
  };
  put(root, el("h2", {}, cut(name || "(no name)", 120), " ", el("span", { class_: "dim" }, cut(service, 60))), ...side("A", a), ...side("B", b),
    runs ? el("p", { class_: "note" }, "Self time and duration are means over all requests read; the median is of those that have the span.") : null);
}
