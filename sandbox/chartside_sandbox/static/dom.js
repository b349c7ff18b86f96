// Small DOM and wording helpers: text is always set as text, never as HTML.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick" || name === "onsubmit") node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// 12-Mar-2026, Mar 2026 or 2026: never sharper than the record.
export function date(text) {
  const [year, month, day] = (text || "").slice(0, 10).split("-");
  if (!year) return "";
  if (!month) return year;
  return day ? `${day}-${MONTHS[month - 1]}-${year}` : `${MONTHS[month - 1]} ${year}`;
}

export function age(born, on = new Date()) {
  if (!born) return "";
  const from = new Date(born);
  let months = (on.getFullYear() - from.getFullYear()) * 12 + on.getMonth() - from.getMonth();
  if (on.getDate() < from.getDate()) months -= 1;
  return months < 24 ? `${months} months` : `${Math.floor(months / 12)} years`;
}

export function clock(at = new Date()) {
  return at.toTimeString().slice(0, 5);
}

export function concept(value) {
  if (!value) return "";
  const coding = (value.coding || []).find((one) => one.display);
  return value.text || coding?.display || value.coding?.[0]?.code || "";
}

export function number(value) {
  return Number.isInteger(value) ? String(value) : String(Math.round(value * 100) / 100);
}
