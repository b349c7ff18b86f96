// Observations by test: the course in time, the latest value as written, and what its source calls it.
import { when } from "./fhir.js";
import { concept, number, quantity, unit } from "./format.js";

const FLAGS = {
  H: ["high", "abnormal"], HU: ["very high", "abnormal"], HH: ["critically high", "critical"], L: ["low", "abnormal"],
  LU: ["very low", "abnormal"], LL: ["critically low", "critical"], A: ["abnormal", "abnormal"], AA: ["critically abnormal", "critical"],
  POS: ["positive", "abnormal"], DET: ["detected", "abnormal"], R: ["resistant", "abnormal"],
};
const GROUPS = { laboratory: "Laboratory", LAB: "Laboratory", "vital-signs": "Vital signs", survey: "Assessments and scores", "social-history": "Social history" };
export const ORDER = ["Laboratory", "Vital signs", "Assessments and scores", "Social history", "Other"];

// One entry a test and group: {name, detail, group, course (oldest first), last, shown, flag}.
export function courses(observations) {
  const tests = new Map();
  for (const one of observations) {
    const key = `${groupOf(one)} ${one.code?.coding?.[0]?.code || concept(one.code)} ${unit(one.valueQuantity?.unit)}`;
    tests.set(key, [...(tests.get(key) || []), one]);
  }
  return [...tests.values()].map((found) => {
    const course = found.sort((a, b) => when(a).localeCompare(when(b)));
    const last = course.at(-1);
    return { ...named(last), group: groupOf(last), course, last, shown: valueOf(last), flag: flagOf(last) };
  });
}

// LOINC's long names, "Albumin [Mass/volume] in Serum or Plasma", as a name and where it was measured.
function named(one) {
  const whole = concept(one.code) || "Test not named";
  const [, name, where] = /^(.+?) \[[^\]]+\](?: (in .+))?$/.exec(whole) || [];
  return name ? { name, detail: (where || "").replace(/^in /, "") } : { name: whole, detail: "" };
}

function groupOf(one) {
  const codes = (one.category || []).flatMap((each) => (each.coding || []).map((coding) => coding.code));
  return GROUPS[codes.find((each) => GROUPS[each])] || "Other";
}

export function flagOf(one) {
  const own = one.interpretation || [];
  const inside = (one.component || []).flatMap((each) => each.interpretation || []);
  for (const said of [...own, ...inside]) {
    const [word, kind] = FLAGS[said.coding?.[0]?.code] || [];
    if (word) return { word, kind };
  }
  return null;
}

export const flagged = (one) => Boolean(flagOf(one));

export function valueOf(one) {
  const parts = (one.component || []).map((each) => ({ name: concept(each.code), quantity: each.valueQuantity, text: plain(each) }));
  if (isPressure(one)) {
    const [upper, lower] = ["8480-6", "8462-4"].map((code) => one.component.find((each) => each.code?.coding?.[0]?.code === code));
    return `${number(upper.valueQuantity?.value)}/${number(lower.valueQuantity?.value)} ${unit(upper.valueQuantity?.unit)}`;
  }
  const own = plain(one);
  const rest = parts.filter((part) => part.text).map((part) => `${part.name}: ${part.text}`).join("; ");
  if (own || rest) return [own, rest].filter(Boolean).join("; ");
  return one.dataAbsentReason ? `no value (${concept(one.dataAbsentReason).toLowerCase()})` : "no value recorded";
}

export function isPressure(one) {
  const codes = (one.component || []).map((each) => each.code?.coding?.[0]?.code);
  return codes.includes("8480-6") && codes.includes("8462-4");
}

function plain(one) {
  if (one.valueQuantity) return quantity(one.valueQuantity);
  if (one.valueCodeableConcept) return concept(one.valueCodeableConcept);
  if (one.valueInteger != null) return number(one.valueInteger);
  if (one.valueBoolean != null) return one.valueBoolean ? "yes" : "no";
  return one.valueString?.replace(/(?<=\w)_(?=\w)/g, " ") || "";
}

export function rangeOf(one) {
  const said = one.referenceRange?.[0];
  if (!said) return "";
  const [low, high] = [said.low?.value, said.high?.value];
  if (low != null && high != null) return `${number(low)}–${number(high)}`;
  if (low != null) return `${number(low)} or above`;
  return high != null ? `up to ${number(high)}` : said.text || "";
}

// The numbers of a course, for a line: systolic where it is a blood pressure.
export function numbers(course) {
  return course.map((one) => {
    const pressure = isPressure(one) && one.component.find((each) => each.code?.coding?.[0]?.code === "8480-6");
    const value = pressure ? pressure.valueQuantity?.value : one.valueQuantity?.value ?? one.valueInteger;
    return { at: Date.parse(when(one)), value };
  }).filter((one) => typeof one.value === "number" && !Number.isNaN(one.at));
}
