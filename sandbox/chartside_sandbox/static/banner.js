// The patient banner: who this is, allergies in words, and that this person does not exist.
import { allergyLine } from "./allergies.js";
import { el, lines } from "./dom.js";
import { concept, date, age } from "./format.js";

export function banner(patient, record) {
  const died = typeof patient.died === "string" ? new Date(patient.died) : new Date();
  const born = patient.born ? `${date(patient.born)} (${patient.died === true ? "age at death not known" : age(patient.born, died)})` : "date of birth not recorded";
  const allergies = record ? allergyLine(record) : { text: "Allergies: reading…", kind: "none" };
  return [
    el("div", { class: "who-is" },
      el("h1", {}, patient.name),
      fact("born", born),
      patient.died ? el("span", { class: "died" }, patient.died === true ? "Died" : `Died ${date(patient.died)}`) : null,
      fact("sex", patient.sex || "not recorded"),
      fact(/^MRN/.test(patient.mrn) ? "" : "MRN", patient.mrn || "not recorded"),
      el("details", { class: "provenance" }, el("summary", {}, "Synthetic patient"), el("p", {}, `${sentence(patient.provenance)}`))),
    el("div", { class: "alerts" },
      el("p", { class: `allergy ${allergies.kind}` }, lines(allergies.text)),
      record ? directives(record).map((words) => el("p", { class: "directive" }, lines(words))) : null),
  ];
}

function fact(name, text) {
  return el("span", { class: "fact" }, name ? el("span", { class: "label" }, `${name} `) : null, text);
}

function directives(record) {
  return record.of("Consent").filter((one) => one.status === "active" && one.scope?.coding?.some((each) => each.code === "adr"))
    .map((one) => `Directive: ${one.policyRule?.text || concept(one.category?.[0])} (${date(one.dateTime)})`);
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!]$/.test(text) ? "" : "."}`;
}
