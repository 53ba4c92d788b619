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

export function put(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  return parent;
}

// a table: columns are [title, class of its cells]; rows are lists of texts or elements
export function table(columns, rows, attributes = () => ({}), name = "table") {
  const head = el("tr", {}, ...columns.map(([title, name]) => el("th", { scope: "col", class_: name }, title)));
  const body = rows.map((row, place) => el("tr", attributes(place),
    ...row.map((cell, at) => el("td", { class_: columns[at][1] }, cell))));
  return el("div", { class_: "scroll", tabindex: 0, role: "region", "aria-label": name },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

export function link(text, href, properties = {}) {
  return el("a", { href, ...properties }, text);
}
