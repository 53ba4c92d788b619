// What a query can say, in short; docs/search.md has it at length.

import { el } from "../kit/dom.js";

const TERMS = [
  ["predict", "spans whose name contains it, ignoring case; 32 hex digits are a trace id"],
  ["service=shop", "the service that sent the span; also name=, kind= and root= (the name of a root span)"],
  ["duration>200ms", "in ns, us, ms or s; with = != < <= > >="],
  ["status=error", "spans that failed; status=ok: all others"],
  ["http.route=/predict", "an attribute of the span or of its resource; numbers compare as numbers"],
  ["resource.host.name~node", "of the resource alone; ~ means “contains”"],
  ["event=exception", "the name of an event; event.exception.type=… is an attribute of one; message~… searches the status message"],
  ["run=18df58ce", "trace ids with this prefix, as all of a load run have"],
  ["-kind=client", "negates a term; http.route!=/x finds spans that have the attribute with another value"],
  ["a b OR c", "all terms have to match the same span; OR separates alternatives"],
  ["name=\"POST /predict\"", "quotes keep spaces and special characters"],
];

export function helpOnQueries() {
  return el("details", { class_: "help" }, el("summary", {}, "Query syntax"),
    el("dl", {}, ...TERMS.flatMap(([term, text]) => [el("dt", {}, el("code", {}, term)), el("dd", {}, text)])));
}
