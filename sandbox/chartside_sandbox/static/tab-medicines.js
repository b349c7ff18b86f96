// Medicines: name, dose, route, frequency; what is stopped is never in the list of what is taken.
import { el, row, section } from "./dom.js";
import { newest } from "./fhir.js";
import { concept, date, quantity } from "./format.js";

const UNITS = { s: "second", min: "minute", h: "hour", d: "day", wk: "week", mo: "month", a: "year" };

function all(record) {
  return [...record.of("MedicationRequest"), ...record.of("MedicationStatement")].sort(newest);
}

export function currentMedicines(record) {
  return all(record).filter((one) => one.status === "active");
}

export function medicines(record) {
  const found = all(record);
  const having = (...statuses) => found.filter((one) => statuses.includes(one.status));
  const known = new Set(["active", "on-hold", "stopped", "completed", "cancelled", "ended", "draft", "intended", "not-taken"]);
  const unclear = found.filter((one) => !known.has(one.status));
  const onHold = having("on-hold");
  return el("div", {},
    section("Current", having("active").map(medicineRow), "None recorded as active."),
    onHold.length ? section("On hold", onHold.map(markedRow), "") : null,
    unclear.length ? section("Status not known", unclear.map(markedRow), "") : null,
    section("Stopped and completed", having("stopped", "completed", "cancelled", "ended", "not-taken", "draft", "intended").map(markedRow), "None recorded."));
}

export function medicineRow(one) {
  return row(name(one), line(one), reported(one));
}

function markedRow(one) {
  return row(name(one), line(one), [one.status, ...reported(one)]);
}

function reported(one) {
  return one.resourceType === "MedicationStatement" || one.reportedBoolean ? ["reported, not ordered here"] : [];
}

function name(one) {
  const inside = (one.contained || []).find((each) => `#${each.id}` === one.medicationReference?.reference);
  return concept(one.medicationCodeableConcept) || one.medicationReference?.display || concept(inside?.code) || "Medicine not named";
}

function line(one) {
  const since = one.authoredOn || one.effectivePeriod?.start || one.effectiveDateTime;
  const reasons = [...(one.reasonCode || []).map(concept), ...(one.reasonReference || []).map((each) => each.display)].filter(Boolean);
  const notes = (one.note || []).map((each) => each.text).filter(Boolean);
  const stopped = concept(one.statusReason) || (Array.isArray(one.statusReason) ? one.statusReason.map(concept).join(", ") : "");
  return [
    (one.dosageInstruction || one.dosage || []).map(dosage).filter(Boolean).join("; ") || "dose not recorded",
    since ? `since ${date(since)}` : "",
    reasons.length ? `for ${reasons.join(", ")}` : "",
    stopped ? `reason: ${stopped}` : "",
    ...notes,
  ].filter(Boolean).join(" · ");
}

// The prescriber's own words where there are any, else dose – route – frequency from the codes.
function dosage(one) {
  if (one.text) return one.text;
  const dose = one.doseAndRate?.[0];
  const amount = quantity(dose?.doseQuantity) || (dose?.doseRange ? `${quantity(dose.doseRange.low)} to ${quantity(dose.doseRange.high)}` : "");
  return [amount, concept(one.route), often(one.timing), one.asNeededBoolean ? "as needed" : ""].filter(Boolean).join(" – ");
}

function often(timing) {
  const { frequency, period, periodUnit } = timing?.repeat || {};
  if (!frequency || !period || !UNITS[periodUnit]) return concept(timing?.code);
  const times = { 1: "once", 2: "twice" }[frequency] || `${frequency} times`;
  return period === 1 ? `${times} a ${UNITS[periodUnit]}` : `${times} every ${period} ${UNITS[periodUnit]}s`;
}
