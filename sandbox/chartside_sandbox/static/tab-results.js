// Results: a row a test with its latest value, its range and its course; earlier values one click away.
import { el, row, section } from "./dom.js";
import { attached, newest, when } from "./fhir.js";
import { code, concept, date, many, moment } from "./format.js";
import { ORDER, courses, flagOf, flagged, numbers, rangeOf, valueOf } from "./observations.js";
import { trend } from "./trend.js";

const EARLIER = 40;
const WORDS = 20; // a value longer than this is text and may wrap

export function results(record) {
  const tests = courses(record.of("Observation"))
    .sort((a, b) => flagged(b.last) - flagged(a.last) || newest(a.last, b.last) || a.name.localeCompare(b.name));
  const reports = laboratoryReports(record);
  if (!tests.length && !reports.length) return el("section", {}, el("h2", {}, "Results"), el("p", { class: "none" }, "No results recorded."));
  const find = el("input", { type: "search", id: "find-test", placeholder: "Find a test", autocomplete: "off" });
  const only = el("input", { type: "checkbox", id: "only-abnormal" });
  const count = el("p", { class: "hint", role: "status" });
  const tables = el("div", {});
  const draw = () => {
    const words = find.value.toLowerCase().trim();
    const shown = tests.filter((one) => one.name.toLowerCase().includes(words) && (!only.checked || one.flag));
    count.textContent = `${many(shown.length, "test")} of ${tests.length}; ${shown.filter((one) => one.flag).length} with an abnormal latest value`;
    tables.replaceChildren(...ORDER.map((group) => table(group, shown.filter((one) => one.group === group))).filter(Boolean));
  };
  find.addEventListener("input", draw);
  only.addEventListener("change", draw);
  draw();
  return el("div", {},
    el("div", { class: "filters" }, el("label", { class: "hidden", for: "find-test" }, "Find a test"), find,
      el("label", {}, only, " Abnormal only"), count),
    tables,
    reports.length ? section("Reports in words", reports, "") : null);
}

function table(group, tests) {
  if (!tests.length) return null;
  const head = ["Test", "Latest", "Reference", "Trend"].map((name) => el("th", { scope: "col" }, name));
  return el("section", { class: "results" }, el("h2", {}, group), el("table", {},
    el("thead", {}, el("tr", {}, head)), el("tbody", {}, tests.map(lines))));
}

function lines({ name, detail, course, last, shown, flag }) {
  const range = last.referenceRange?.[0];
  const bounds = range && { low: range.low?.value, high: range.high?.value };
  const under = [detail, course.length > 1 ? many(course.length, "value") : ""].filter(Boolean).join(" · ");
  const line = el("tr", { class: flag ? flag.kind : "" },
    el("th", { scope: "row" }, course.length > 1 ? unfolding(name, course, () => line) : name, under ? el("span", { class: "sub" }, under) : null),
    el("td", { class: "latest" }, el("span", { class: shown.length > WORDS ? "figure words" : "figure" }, shown), " ", flag ? el("span", { class: `flag ${flag.kind}` }, flag.word) : null,
      last.status === "preliminary" ? el("span", { class: "mark" }, " preliminary") : null, el("span", { class: "sub" }, date(when(last)))),
    el("td", { class: "reference" }, rangeOf(last)),
    el("td", { class: "course" }, trend(numbers(course), { range: bounds, flag })));
  return line;
}

// The test's name as a button that shows its earlier values in a row beneath.
function unfolding(name, course, line) {
  let earlier = null;
  const button = el("button", {
    type: "button", class: "unfold", "aria-expanded": "false",
    onclick: () => {
      if (earlier) [earlier] = [earlier.remove()];
      else {
        earlier = el("tr", { class: "earlier" }, el("td", { colspan: "4" }, history(course)));
        line().after(earlier);
      }
      button.setAttribute("aria-expanded", String(Boolean(earlier)));
    },
  }, name);
  return button;
}

function history(course) {
  const values = [...course].reverse();
  const rest = values.length - EARLIER;
  return el("div", {}, el("ol", {}, values.slice(0, EARLIER).map((one) => {
    const flag = flagOf(one);
    return el("li", {}, el("span", { class: "at" }, moment(when(one))), el("span", { class: "figure" }, valueOf(one)),
      flag ? el("span", { class: `flag ${flag.kind}` }, flag.word) : null);
  })), rest > 0 ? el("p", { class: "hint" }, `${rest} older values not shown.`) : null);
}

function laboratoryReports(record) {
  const isLaboratory = (one) => (one.category || []).some((each) => code(each) === "LAB");
  return record.of("DiagnosticReport").filter((one) => isLaboratory(one) && one.conclusion).sort(newest)
    .map((one) => row(concept(one.code) || "Laboratory report", one.conclusion || attached(one.presentedForm?.[0]), [date(when(one))]));
}
