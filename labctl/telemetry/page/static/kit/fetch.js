// The viewer's answers as values. Where the lab has bearer tokens, the token is asked for once and kept in this tab alone.

import { sentence } from "./format.js";

const TOKEN = "labctl-token";
let remedy = "Run labctl status.";

export class Problem extends Error {
  constructor(status, title, detail, said = {}) {
    super(sentence(detail ? `${title}: ${detail}` : title));
    this.status = status;
    this.said = said;                  // the whole answer
  }
}

// for a viewer that is not the lab's, as the live stream tells
export const setRemedy = (text) => { remedy = text; };
export const silence = () => new Problem(0, `The viewer does not answer. ${remedy}`);

export function token() {
  return sessionStorage.getItem(TOKEN);
}

export function setToken(text) {
  sessionStorage.setItem(TOKEN, text.trim());
}

export function headers() {
  return token() ? { authorization: `Bearer ${token()}` } : {};
}

// whether asking again may help: an answer or a module did not come, or the viewer has too much to do
export const passing = ({ status }) => !(status >= 400 && status < 500) || status === 429;

// ends by itself or with `outer`, which does not keep it: a listener for each question would stay as long as the view
export function within(outer) {
  const mine = new AbortController();
  return { signal: AbortSignal.any([outer, mine.signal]), abort: () => mine.abort() };
}

export async function ask(path, parameters = {}, signal = undefined) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(kept).toString();
  let answer;
  try {
    answer = await fetch(`/api/${path}${query ? `?${query}` : ""}`, { headers: headers(), signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw silence();
  }
  if (answer.ok) {
    const found = await answer.json();
    // a mistake in a query, which is no error of the page
    if (typeof found?.problem === "string") throw new Problem(400, found.problem, found.detail, { ...found, title: found.problem });
    return found;
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401) dispatchEvent(new Event("token-needed"));
  throw new Problem(answer.status, said.title ?? `HTTP ${answer.status}`, said.detail ?? "", said);
}

// what has arrived after the row `newest`, the newest first: all of it, or with a cursor `before` as much as is wanted
export async function arrived(read, name, newest, wanted) {
  const first = await read({ after: newest, before: null });
  let { before, searched, left } = first, items = first[name];
  while (before !== null && items.length < wanted) {
    const answer = await read({ after: newest, before });
    ({ before, left } = answer);
    searched += answer.searched;
    items = [...items, ...answer[name]];
  }
  return { items, before, newest: first.newest, searched, left };
}
