// The address restores a view: "#/traces?query=status%3Derror". A view reads its parameters here and writes them back here.

export function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const words = path.split("/").filter(Boolean).map(decode);
  return { view: words[0] ?? "", words: words.slice(1), parameters: new URLSearchParams(query) };
}

function decode(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

export function address(view, parameters = {}, ...words) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(kept).toString();
  return `#/${[view, ...words].map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

// browsers drop more than 100 (Safari) or 200 changes of the address in 10 s, as while a key is held down
const MOST = 80, WITHIN_MS = 10000, LATER_MS = 300;
const changes = [];                 // when the last of them were made
let waiting = {}, timer = 0;

// another state of the same view: a new entry in the history, or with `replace` the same one, once the limit allows it
export function change(parameters, { replace = false } = {}) {
  if (replace) {
    Object.assign(waiting, parameters);
    write();
  } else go(changed({ ...waiting, ...parameters }));
}

function changed(more) {
  const { view, words, parameters } = route(), each = [...parameters];
  const first = each.filter(([name], at) => each.findIndex(([other]) => other === name) === at);        // as `get` has it
  return address(view, { ...Object.fromEntries(first), ...more }, ...words);
}

function write({ atOnce = false } = {}) {
  clearTimeout(timer);
  if (!atOnce && changes.length === MOST && performance.now() - changes[0] < WITHIN_MS) {
    timer = setTimeout(write, LATER_MS);
    return;
  }
  const wanted = changed(waiting);
  waiting = {};
  if (wanted === location.hash) return;
  history.replaceState(null, "", wanted);
  changes.push(performance.now());
  if (changes.length > MOST) changes.shift();
}

// what still waits belongs to the address that was left
addEventListener("hashchange", () => { waiting = {}; }, { capture: true });

// back within this page, never out of it
export function back(otherwise) {
  if (globalThis.navigation?.canGoBack) history.back();
  else go(otherwise);
}

// at once: the browser reports a changed address only after the frames that wait
export function go(wanted) {
  if (Object.keys(waiting).length) write({ atOnce: true });
  if (wanted === location.hash) return;
  history.pushState(null, "", wanted);
  dispatchEvent(new Event("hashchange"));
}
