// The requests of the cells that are selected, and what sets them apart from the others in the window.

import { el, put } from "../kit/dom.js";
import { ask, passing, within } from "../kit/fetch.js";
import { drawApart } from "./apart.js";
import { drawRequests, invitation } from "./heatmap-lists.js";

const SETTLED_MS = 250;

// reads what `view.selected` names; `view.unlisted`: that failed, and a retry may help
export function selectedRequests({ found, apart }, view, signal) {
  return async () => {
    view.asking?.abort();
    const mine = view.asking = within(signal);
    Object.assign(view, { listed: [], unlisted: false });
    if (!view.selected) {
      put(found, invitation(view));
      put(apart);
      return;
    }
    const { from, to, low, high } = view.selected, { query } = view.columns;
    try {
      const answer = await ask("page/requests", { begin: from, end: to, low, high, query }, mine.signal);
      view.listed = answer.requests;
      drawRequests(found, view, answer.total);
      put(apart, el("h2", {}, "What sets them apart"), el("p", { class_: "note", role: "status" }, "Comparing…"));
      const window = view.columns.window();
      // the comparison takes long: it waits until the selection stays, as while somebody drags or holds an arrow key down
      await new Promise((done) => setTimeout(done, SETTLED_MS));
      if (mine.signal.aborted) return;
      drawApart(apart, await ask("page/apart", { ...window, from, to, low, high, query }, mine.signal), { query, window });
    } catch (error) {
      if (mine.signal.aborted) return;
      view.unlisted = passing(error);
      put(view.listed.length ? apart : found, el("p", { class_: "problem" }, error.message));
    }
  };
}
