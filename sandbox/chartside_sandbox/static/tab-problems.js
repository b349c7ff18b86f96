// Problems: the problem list, what visits were coded with, and what is past; never mixed.
import { el, row, section } from "./dom.js";
import { newest } from "./fhir.js";
import { code, concept, date, many } from "./format.js";

const ACTIVE = new Set(["active", "recurrence", "relapse"]);
const isListed = (one) => (one.category || []).some((each) => code(each) === "problem-list-item") || !(one.category || []).length;
const isActive = (one) => ACTIVE.has(code(one.clinicalStatus));

export function problemList(record) {
  const active = record.of("Condition").filter(isActive).sort(newest);
  const listed = active.filter(isListed);
  return once(listed.length ? listed : active);
}

// A problem that was entered again at each visit is one line, with its earliest onset.
function once(all) {
  const found = new Map();
  for (const one of all) {
    const key = `${code(one.code) || concept(one.code)} ${code(one.verificationStatus)}`;
    found.set(key, { ...one, times: (found.get(key)?.times || 0) + 1 });
  }
  return [...found.values()];
}

export function problemRow(one) {
  const doubt = code(one.verificationStatus);
  const marks = [concept(one.severity), doubt && doubt !== "confirmed" ? doubt : ""].filter(Boolean);
  const notes = (one.note || []).map((each) => each.text).filter(Boolean);
  return row(concept(one.code), [started(one), one.times > 1 ? `entered ${one.times} times` : "", ...notes].filter(Boolean).join(" · "), marks);
}

function pastRow(one) {
  const ended = one.abatementDateTime || one.abatementPeriod?.start;
  const dates = [started(one), ended && `until ${date(ended)}`].filter(Boolean).join(", ");
  return row(concept(one.code), dates, [code(one.clinicalStatus) || "status not stated"]);
}

function started(one) {
  const onset = one.onsetDateTime || one.onsetPeriod?.start;
  if (onset) return `since ${date(onset)}`;
  if (one.onsetString) return one.onsetString;
  return one.recordedDate ? `recorded ${date(one.recordedDate)}` : "onset not recorded";
}

export function problems(record) {
  const all = record.of("Condition").sort(newest);
  const active = all.filter(isActive);
  const [listed, coded] = [active.filter(isListed), active.filter((one) => !isListed(one))];
  const wrong = record.wrong("Condition");
  return el("div", {},
    section("Problem list, active", once(listed).map(problemRow), "No problem is recorded as active."),
    coded.length ? section("Visit diagnoses and findings, active", once(coded).map(problemRow), "") : null,
    section("Past, or status not stated", all.filter((one) => !isActive(one)).map(pastRow), "None recorded."),
    wrong ? el("p", { class: "hint" }, `${many(wrong, "entry", "entries")} entered in error not shown.`) : null);
}
