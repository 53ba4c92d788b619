// Elements from values. Text is only ever set as text: nothing here, or anywhere in the page, parses markup.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name === "class_" ? "class" : name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// anew: for what has just been asked for, and for elements that listen. What is drawn by itself, by a tick or an arrival, takes one of
// the two below: a click that began on an element, the focus, and where a table was scrolled stay with the element
export function put(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  return parent;
}

// the same, but an element that is there already stays and becomes what stands in its place now. For elements that listen to nothing,
// in places that mean the same each time
export function renew(parent, ...children) {
  const wanted = children.filter((child) => child !== null && child !== undefined), had = [...parent.childNodes];
  wanted.forEach((child, at) => {
    const made = typeof child === "object" ? child : document.createTextNode(child);
    if (at < had.length) become(had[at], made);
    else parent.append(made);
  });
  for (const left of had.slice(wanted.length)) left.remove();
  return parent;
}

function become(old, made) {
  if (old.nodeName !== made.nodeName) old.replaceWith(made);
  else if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== made.data) old.data = made.data;
  } else {
    for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
    renew(old, ...made.childNodes);
  }
}

// rows that come and go, each known by its data-key: one that is the same as before stays the same element, wherever it stands now
export function renewRows(parent, made) {
  const had = new Map([...parent.children].map((one) => [one.dataset.key, one]));
  const wanted = made.map((one) => { const old = had.get(one.dataset.key); return old !== one && old?.isEqualNode(one) ? old : one; }), stays = new Set(wanted);
  const held = parent.contains(document.activeElement) ? place(parent, document.activeElement) : null;
  for (const old of had.values()) if (!stays.has(old)) old.remove();
  let next = parent.firstChild;
  for (const one of wanted) {
    if (one === next) next = next.nextSibling;
    else parent.insertBefore(one, next);
  }
  // of a row that was made anew, or had to move
  if (held && !parent.contains(document.activeElement)) found(parent, held)?.focus({ preventScroll: true });
}

// which element of which row, and the other way round
const place = (parent, element) => {
  const row = [...parent.children].find((one) => one.contains(element));
  return { key: row?.dataset.key, at: row ? [...row.querySelectorAll("*")].indexOf(element) : -1 };
};
const found = (parent, { key, at }) => {
  const row = [...parent.children].find((one) => one.dataset.key === key);
  return at < 0 ? row : row?.querySelectorAll("*")[at];
};

// a table of `table` whose rows have keys, in the place of the one that is there; `rows` are what it has, or those of another
export function renewTable(parent, made, rows = [...made.querySelector("tbody").rows]) {
  if (!parent.querySelector("table")) put(parent, made);
  const [old, next] = [parent, made].map((one) => one.querySelector("table"));
  if (old !== next) renew(old.tHead, ...next.tHead.childNodes);
  renewRows(old.tBodies[0], rows);
}

// a table: columns are [title, class of its cells]; rows are lists of texts or elements
export function table(columns, rows, attributes = () => ({}), name = "table") {
  const head = el("tr", {}, ...columns.map(([title, name]) => el("th", { scope: "col", class_: name }, title)));
  const body = rows.map((row, place) => rowOf(columns, row, attributes(place)));
  return el("div", { class_: "scroll", tabindex: 0, role: "region", "aria-label": name },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

export const rowOf = (columns, cells, attributes = {}) => el("tr", attributes, ...cells.map((cell, at) => el("td", { class_: columns[at][1] }, cell)));

export function link(text, href, properties = {}) {
  return el("a", { href, ...properties }, text);
}
