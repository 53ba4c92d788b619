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

// the same, but an element that is there already stays, so that a click or the focus does not lose it. For elements that listen to nothing
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
