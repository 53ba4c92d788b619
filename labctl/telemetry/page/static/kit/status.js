// The header's right side: whether the page is live, what arrives, and whatever is refused, cannot be written or is at a limit.

import { el, put } from "./dom.js";
import { bytes, count, rate } from "./format.js";
import { subscribe, sum } from "./live.js";

class Status extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "off");
    this.stop = new AbortController();
    put(this, el("span", {}, "connecting…"));
    subscribe((state) => this.draw(state), this.stop.signal);
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  draw({ tick, before, lost }) {
    if (lost || !tick) {
      put(this, el("span", { class_: "bad" }, `not live: ${lost}`));
      return;
    }
    put(this, ...troubles(tick).map((text) => el("a", { class_: "bad", href: "#/" }, text)),
      el("span", { class_: "wide" }, `${bytes(tick.store.bytes)} stored`), el("span", {}, `${rate(spanRate(tick, before))} spans/s`),
      el("span", { class_: "good" }, "● live"));
  }
}

export function spanRate(tick, before) {
  if (!before) return null;
  const all = ({ accepted }) => Object.entries(accepted).reduce((total, [key, items]) => total + (key.startsWith("traces.") ? items : 0), 0);
  return Math.max(0, (all(tick) - all(before)) / (tick.at - before.at));
}

export function troubles(tick) {
  const found = [];
  const refused = sum(tick.refused), failed = sum(tick.failed), unauthorised = sum(tick.unauthorised);
  if (tick.store.cannot_write) found.push("the store cannot be written");
  if (tick.store.put_aside) found.push("a damaged store was put aside");
  if (refused) found.push(`${count(refused)} refused`);
  if (failed) found.push(`${count(failed)} not taken`);
  if (unauthorised) found.push(`${count(unauthorised)} without access`);
  if (tick.store.bytes > tick.store.most_bytes * 0.95) found.push("store full: the oldest is deleted");
  return found;
}

customElements.define("lab-status", Status);
