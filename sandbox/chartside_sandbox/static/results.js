// Results by test: the latest value, its flag in words, the reference range, and a small line of the course.
import { concept, date, el, number } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const FLAGS = { H: "high", L: "low", HH: "critically high", LL: "critically low", A: "abnormal", AA: "critical" };

export function results(observations) {
  const tests = new Map();
  for (const one of observations) {
    if (one.status === "entered-in-error") continue;
    const name = concept(one.code);
    tests.set(name, [...(tests.get(name) || []), one]);
  }
  const rows = [...tests].map(([name, found]) => {
    const course = found.sort((a, b) => moment(a).localeCompare(moment(b)));
    return { name, course, last: course.at(-1) };
  }).sort((a, b) => flagged(b.last) - flagged(a.last) || moment(b.last).localeCompare(moment(a.last)));
  if (!rows.length) return el("p", { class: "quiet" }, "No results recorded.");
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ...["Test", "Latest", "Date", "Reference", "Course"].map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map(line))));
}

function line({ name, course, last }) {
  const flag = FLAGS[last.interpretation?.[0]?.coding?.[0]?.code] || "";
  return el("tr", { class: flag ? "abnormal" : "" },
    el("th", { scope: "row" }, name),
    el("td", {}, value(last), flag ? el("em", {}, flag) : null),
    el("td", {}, date(moment(last))),
    el("td", {}, range(last.referenceRange?.[0])),
    el("td", {}, spark(course)));
}

const moment = (one) => one.effectiveDateTime || one.effectivePeriod?.start || one.issued || "";
const flagged = (one) => (FLAGS[one.interpretation?.[0]?.coding?.[0]?.code] ? 1 : 0);

function value(one) {
  if (one.component) return one.component.map(value).join(" / ");
  const quantity = one.valueQuantity;
  if (quantity) return `${quantity.comparator || ""}${number(quantity.value)} ${quantity.unit || ""}`.trim();
  return concept(one.valueCodeableConcept) || one.valueString || (one.dataAbsentReason ? `not done (${concept(one.dataAbsentReason)})` : "–");
}

function range(one) {
  if (!one) return "";
  if (one.text) return one.text;
  const [low, high] = [one.low?.value, one.high?.value];
  if (low != null && high != null) return `${number(low)}–${number(high)}`;
  return low != null ? `from ${number(low)}` : high != null ? `up to ${number(high)}` : "";
}

function spark(course) {
  const values = course.map((one) => one.valueQuantity?.value).filter((one) => typeof one === "number").slice(-12);
  if (values.length < 3) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((one, at) =>
    `${2 + (at * 76) / (values.length - 1)},${18 - ((one - low) / (high - low || 1)) * 14}`).join(" ");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 80 20");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `from ${number(values[0])} to ${number(values.at(-1))} in ${values.length} values`);
  const path = document.createElementNS(SVG, "polyline");
  path.setAttribute("points", points);
  svg.append(path);
  return svg;
}
