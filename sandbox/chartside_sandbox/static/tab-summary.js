// Summary: what a reader wants first, each block the head of a tab.
import { allergies, allergyLine, reaction, substance } from "./allergies.js";
import { el, row, section } from "./dom.js";
import { newest, when } from "./fhir.js";
import { concept, date, many, period } from "./format.js";
import { currentMedicines, medicineRow } from "./tab-medicines.js";
import { problemList, problemRow } from "./tab-problems.js";
import { courses, flagged } from "./observations.js";
import { reportOf, studies, studyName } from "./tab-imaging.js";

const SHOWN = 7;

export function summary(record, patient) {
  const link = (tab, words) => el("p", { class: "all" }, el("a", { href: `#/patient/${encodeURIComponent(patient.id)}/${tab}` }, words));
  const head = (title, all, toRow, empty, [tab, words]) =>
    section(title, all.slice(0, SHOWN).map(toRow), empty, all.length > SHOWN ? link(tab, `All ${many(all.length, ...words)}`) : "");
  return el("div", { class: "two" },
    allergySection(record),
    head("Active problems", problemList(record), problemRow, "None recorded as active.", ["problems", ["problem"]]),
    head("Current medicines", currentMedicines(record), medicineRow, "None recorded as active.", ["medicines", ["medicine"]]),
    outOfRange(record, link),
    vitals(record),
    lastImaging(record),
    section("Latest visits", record.of("Encounter").sort(newest).slice(0, 4).map(visitRow), "No visits recorded."));
}

function allergySection(record) {
  const { active } = allergies(record);
  const rows = active.map((one) => row(substance(one), reaction(one), one.type === "intolerance" ? ["intolerance"] : []));
  return section("Allergies", rows, allergyLine(record).text);
}

function outOfRange(record, link) {
  const all = courses(record.of("Observation")).filter((one) => one.group === "Laboratory" && flagged(one.last))
    .sort((a, b) => newest(a.last, b.last));
  return section("Latest results out of range", all.slice(0, SHOWN).map(value), "No latest laboratory result is marked abnormal.",
    all.length > SHOWN ? link("results", `All ${many(all.length, "abnormal result")}`) : "");
}

const VITALS = new Set(["85354-9", "8867-4", "9279-1", "8310-5", "2708-6", "59408-5", "29463-7", "39156-5", "8302-2"]);

function vitals(record) {
  const found = courses(record.of("Observation")).filter((one) => VITALS.has(one.last.code?.coding?.[0]?.code))
    .sort((a, b) => newest(a.last, b.last));
  return section("Vital signs", found.slice(0, SHOWN).map(value), "No vital signs recorded.");
}

function value({ name, last, shown, flag }) {
  return el("li", { class: "value" }, el("strong", {}, name),
    el("p", {}, el("span", { class: "figure" }, shown), flag ? el("span", { class: `flag ${flag.kind}` }, flag.word) : null,
      el("span", { class: "sub" }, date(when(last)))));
}

function lastImaging(record) {
  const items = studies(record).slice(0, 2).map((one) =>
    row(studyName(one), reportOf(record, one)?.conclusion || "No report linked.", [date(one.started)]));
  return section("Latest imaging", items, "No imaging recorded.");
}

export function visitRow(one) {
  const kind = concept(one.type?.[0]) || one.class?.display || "Visit";
  const why = (one.reasonCode || []).map(concept).filter((text) => text && !/^[a-z]+(?: [a-z]+)*[_ ]?(?:reason|dx)$/.test(text)).join("; ");
  const who = one.serviceProvider?.display;
  const named = kind.charAt(0).toUpperCase() + kind.slice(1);
  return row(named, [why, who].filter(Boolean).join(" · "), [period(one.period), one.status === "finished" ? "" : one.status].filter(Boolean));
}
