// Terms of a query, as the page adds them and takes them away: docs/search.md has the language.

const WORD = /(?:\\[^]|"(?:\\["\\]|[^"])*"?|'[^']*'?|[^\s"'\\]|\\$)+/g;

// a text as it is written in a query
export const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

// the query with a term that has to hold as well, whichever of its alternatives does
export function narrowed(query, term) {
  return written(alternatives(query).map((words) => (words.includes(term) ? words : [...words, term])));
}

// the query without the terms that match; an alternative of which nothing is left lets everything through
export function without(query, pattern) {
  const left = alternatives(query).map((words) => words.filter((word) => !pattern.test(word)));
  return left.every((words) => words.length) ? written(left) : "";
}

function alternatives(query) {
  const found = [[]];
  for (const word of query.match(WORD) ?? []) {
    if (word === "OR") found.push([]);
    else found.at(-1).push(word);
  }
  return found;
}

const written = (every) => every.map((words) => words.join(" ")).join(" OR ");
