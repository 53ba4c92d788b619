// Requests by time and latency, kept up to date: columns of the heatmap's answer by their begin, refreshed where they may change.

import { ask } from "./fetch.js";

const WIDTHS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 10800, 43200];
const LATE_MS = 10000;             // how far back from the last fetch the next one reaches
const WHOLE_EVERY_MS = 15000;

let loads = 0;                     // how many files were loaded: their requests may belong to columns that were read before

export function forget() {
  loads += 1;
}

export const columnWidth = (ms, most) => (WIDTHS.find((seconds) => ms / (seconds * 1000) <= most) ?? Math.ceil(ms / most / 86400000) * 86400) * 1000;

export class Columns {
  // `span`: ms of the window that ends now, or {begin, end} in ms
  constructor({ span, most, query }) {
    this.query = query;
    this.span = span;
    this.width = columnWidth(typeof span === "number" ? span : span.end - span.begin, most);
    this.bounds = [];
    this.kept = new Map();
    this.wholeAt = 0;
    this.readAt = 0;
    this.cost = 0;
    this.busy = false;
    this.loads = loads;
  }

  // reuses what another has of the same columns, as when a moving window is stopped, or the view was left meanwhile
  takeOver(other) {
    if (!other?.wholeAt || other.query !== this.query || other.width !== this.width || other.loads !== loads) return;
    Object.assign(this, { kept: new Map(other.kept), bounds: other.bounds, wholeAt: other.wholeAt, readAt: other.readAt, cost: other.cost });
  }

  window(now = Date.now()) {
    const { width, span } = this;
    if (typeof span !== "number") return { begin: Math.floor(span.begin / width) * width, end: Math.ceil(span.end / width) * width };
    const end = Math.ceil(now / width) * width;
    return { begin: end - Math.ceil(span / width) * width, end };
  }

  // when each column of the window begins
  starts(now = Date.now()) {
    const { begin, end } = this.window(now);
    return Array.from({ length: (end - begin) / this.width }, (_, at) => begin + at * this.width);
  }

  // false while another fetch is on its way. The signal is not kept: its listeners hold the elements of a view, which would
  // stay as long as the columns do
  async refresh({ signal, now = Date.now() } = {}) {
    if (this.busy) return false;
    this.busy = true;
    try {
      const { begin, end } = this.window(now);
      const whole = now - this.wholeAt > Math.max(WHOLE_EVERY_MS, this.cost * 50);
      const changing = Math.floor((this.readAt - LATE_MS) / this.width) * this.width;
      const from = whole ? begin : this.starts(now).find((at) => at >= changing || !this.kept.has(at)) ?? end;
      if (from >= end) return true;
      const begun = performance.now();
      const found = await ask("page/heatmap", { begin: from, end, width: this.width, query: this.query }, signal);
      if (whole) [this.wholeAt, this.cost] = [now, performance.now() - begun];
      this.readAt = now;
      this.bounds = found.bounds;
      found.columns.forEach((column, at) => this.kept.set(from + at * this.width, column));
      for (const at of this.kept.keys()) if (at < begin) this.kept.delete(at);
      return true;
    } finally {
      this.busy = false;
    }
  }

  list(now = Date.now()) {
    return { ...this.window(now), width: this.width, columns: this.starts(now).map((at) => this.kept.get(at) ?? null) };
  }
}
