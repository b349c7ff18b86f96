// How things are written: 12-Mar-2026, 8.4 %, 10 000; never sharper than the record.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// SNOMED's fully specified names end in their hierarchy, which nobody reads aloud.
const HIERARCHY = / \((?:disorder|finding|situation|procedure|regime\/therapy|record artifact|person|morphologic abnormality|event|substance|organism|product|physical object|medicinal product)\)$/;
const UNITS = { "mm[Hg]": "mmHg", "/min": "/min", Cel: "°C", "[degF]": "°F", "{score}": "", "1": "", "[in_i]": "in", "[lb_av]": "lb",
  "{nominal}": "", "{count}": "", "mL/min/{1.73_m2}": "mL/min/1.73 m²", "/uL": "/µL", "10*3/uL": "×10³/µL", "10*6/uL": "×10⁶/µL", "10*9/L": "×10⁹/L" };

export function date(text) {
  const [year, month, day] = String(text || "").slice(0, 10).split("-");
  if (!year) return "";
  if (!month) return year;
  return day ? `${day}-${MONTHS[month - 1]}-${year}` : `${MONTHS[month - 1]} ${year}`;
}

// With its time of day, as the record has it, where it has one.
export function moment(text) {
  const time = /T(\d\d:\d\d)/.exec(text || "");
  return time ? `${date(text)} ${time[1]}` : date(text);
}

export function period(value) {
  const [from, to] = [date(value?.start), date(value?.end)];
  if (from && to) return from === to ? from : `${from} to ${to}`;
  return from ? `since ${from}` : to ? `until ${to}` : "";
}

// At `on`, a partial date of birth counting from its first day.
export function age(born, on = new Date()) {
  if (!born) return "age not known";
  const from = new Date(born);
  let months = (on.getFullYear() - from.getUTCFullYear()) * 12 + on.getMonth() - from.getUTCMonth();
  if (on.getDate() < from.getUTCDate()) months -= 1;
  if (months >= 24) return `${Math.floor(months / 12)} years`;
  return months === 1 ? "1 month" : `${months} months`;
}

export function clock(at = new Date()) {
  return at.toTimeString().slice(0, 5);
}

// At most two decimals, for small values two digits that count; thousands apart.
export function number(value) {
  if (typeof value !== "number") return String(value ?? "");
  const small = Math.abs(value) < 0.1 && value !== 0;
  const rounded = small ? Number(value.toPrecision(2)) : Math.round(value * 100) / 100;
  const [whole, rest] = String(rounded).split(".");
  const spaced = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return rest ? `${spaced}.${rest}` : spaced;
}

export function unit(text) {
  return text in UNITS ? UNITS[text] : (text || "").replace(/\{[^}]*\}/g, "").replace(/^ug/, "microgram");
}

export function quantity(value) {
  if (!value) return "";
  return `${value.comparator || ""}${number(value.value)} ${unit(value.unit || value.code)}`.trim();
}

export function concept(value) {
  if (!value) return "";
  const shown = value.text || (value.coding || []).find((one) => one.display)?.display || value.coding?.[0]?.code || "";
  return shown.replace(HIERARCHY, "").replace(/(?<=\w)_(?=\w)/g, " ");
}

export function code(value) {
  return value?.coding?.[0]?.code || "";
}

export function many(count, one, several = `${one}s`) {
  return `${count} ${count === 1 ? one : several}`;
}

export function kilobytes(size) {
  return size < 1000 ? `${size} B` : size < 1e6 ? `${Math.round(size / 1000)} KB` : `${(size / 1e6).toFixed(1)} MB`;
}
