// Allergies, always in words: known, known to be none, and not recorded never look alike.
import { newest } from "./fhir.js";
import { code, concept, date } from "./format.js";

// SNOMED CT's "no known allergy" and its children, and the older spellings.
const NONE_CODES = new Set(["716186003", "409137002", "428607008", "429625007", "428197003", "716184000", "1003774007"]);
const NONE_WORDS = /^no (?:known|drug|food|environmental)[\w ]* ?(?:allerg|intoleran|sensitiv)/i;

const isNone = (one) => (one.code?.coding || []).some((each) => NONE_CODES.has(each.code)) || NONE_WORDS.test(concept(one.code));
const isActive = (one) => !one.clinicalStatus || code(one.clinicalStatus) === "active";

export function allergies(record) {
  const all = record.of("AllergyIntolerance").sort(newest);
  return { active: all.filter((one) => isActive(one) && !isNone(one)), past: all.filter((one) => !isActive(one) && !isNone(one)), none: all.filter(isNone) };
}

export function reaction(one) {
  const signs = (one.reaction || []).flatMap((each) => (each.manifestation || []).map(concept));
  const grades = (one.reaction || []).map((each) => each.severity).filter(Boolean);
  const risk = one.criticality && one.criticality !== "unable-to-assess" ? `${one.criticality} criticality` : "";
  const doubt = code(one.verificationStatus) === "unconfirmed" ? "unconfirmed" : "";
  return [...new Set([...signs, ...grades, risk, doubt])].filter(Boolean).map(small).join(", ");
}

const small = (text) => text.replace(/\b[A-Z](?=[a-z])/g, (first) => first.toLowerCase());

export function substance(one) {
  return concept(one.code).replace(/^allergy to /i, "").replace(/^./, (first) => first.toUpperCase()) || "Substance not named";
}

export function allergyLine(record) {
  if (record.unread.includes("AllergyIntolerance")) return { kind: "none", text: "Allergies: not read just now" };
  const { active, none } = allergies(record);
  if (active.length) {
    const said = active.map((one) => {
      const detail = reaction(one);
      return `${small(substance(one))}${detail ? ` (${detail})` : ""}`;
    });
    const shown = said.slice(0, 12);
    const rest = said.length - shown.length;
    return { kind: "known", text: `Allergies: ${shown.join("; ")}${rest ? `; and ${rest} more` : ""}` };
  }
  if (none.length) {
    const at = date(none[0].recordedDate);
    return { kind: "clear", text: `No known allergies${at ? ` (recorded ${at})` : ""}` };
  }
  return { kind: "none", text: "Allergies: not recorded" };
}
