// A button that stops a view that is live and lets it go on, and beside it that it is paused and what has come since.

import { el, put } from "./dom.js";

export function pausing() {
  const button = el("button", { type: "button" }, "Pause"), note = el("span", { class_: "note paused" });
  // `text`: "paused", and what is known; "" while it is live
  const show = (text) => {
    put(button, text ? "Resume" : "Pause");
    put(note, text);
  };
  return { button, note, show };
}
