// Building the page: text is always set as text, never as HTML.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child != null && child !== ""));
  return node;
}

// Text whose dates do not break at the end of a line.
export function lines(text) {
  return text.split(/(\b\d{1,2}-[A-Z][a-z]{2}-\d{4}\b)/).map((piece, at) => (at % 2 ? el("span", { class: "whole" }, piece) : piece));
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A titled block of the chart; `rows` are list items. Absent data is said, not left blank.
export function section(title, rows, empty, ...after) {
  return el("section", {}, el("h2", {}, title),
    rows.length ? el("ul", { class: "rows" }, rows) : el("p", { class: "none" }, empty), after);
}

export function row(lead, text = "", marks = []) {
  return el("li", {},
    el("p", { class: "lead" }, el("strong", {}, lead), marks.map((mark) => el("span", { class: "mark" }, mark))),
    text ? el("p", { class: "sub" }, lines(text)) : null);
}
