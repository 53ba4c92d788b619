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

// another state of the same view: a step in the history, or with `replace` not one
export function change(parameters, { replace = false } = {}) {
  const now = route();
  const merged = { ...Object.fromEntries(now.parameters), ...parameters };
  const wanted = address(now.view, merged, ...now.words);
  if (!replace) go(wanted);
  else if (wanted !== location.hash) history.replaceState(null, "", wanted);
}

// to where one came from in this page, and never out of it
export function back(otherwise) {
  if (globalThis.navigation?.canGoBack) history.back();
  else go(otherwise);
}

// at once: of an address that is set, the browser tells only after the frames that wait
export function go(wanted) {
  if (wanted === location.hash) return;
  history.pushState(null, "", wanted);
  dispatchEvent(new Event("hashchange"));
}
