// The header's right side: whether the page is live, what arrives, and whatever is refused, cannot be written or is at a limit.

import { el, renew } from "./dom.js";
import { bytes, rate } from "./format.js";
import { ofFiles, subscribe } from "./live.js";
import { troubles } from "./troubles.js";

const MOST = 2;

class Status extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "off");
    this.stop = new AbortController();
    renew(this, el("span", {}, "connecting…"));
    subscribe((state) => this.draw(state), this.stop.signal);
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  draw({ tick, before, lost }) {
    if (lost || !tick) {
      renew(this, el("span", { class_: "bad" }, lost));
      return;
    }
    const short = troubles(tick).filter((one) => one.short), shown = short.slice(0, MOST);
    if (short.length > MOST) shown.push({ tone: "bad", short: `${short.length - MOST} more` });
    const rates = ofFiles ? null : el("span", { class_: "steady" }, `${rate(spanRate(tick, before))} spans/s`);
    renew(this, ...shown.map((one) => el("a", { class_: one.tone, href: "#/" }, one.short)),
      el("span", { class_: "steady wide" }, `${bytes(tick.store.bytes)} stored`), rates,
      document.documentElement.dataset.failed ? el("span", { class_: "bad" }, "this view failed") : ofFiles ? el("span", {}, "saved telemetry") : el("span", { class_: "good" }, "● live"));
  }
}

export function spanRate(tick, before) {
  if (!before) return null;
  const all = ({ accepted }) => Object.entries(accepted).reduce((total, [key, items]) => total + (key.startsWith("traces.") ? items : 0), 0);
  return Math.max(0, (all(tick) - all(before)) / (tick.at - before.at));
}

customElements.define("lab-status", Status);
