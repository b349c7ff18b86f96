// The chart: a banner that stays, and tabs over the record as the EHR itself keeps it.
import { discover, prefetch } from "./cds-client.js";
import { age, concept, date, el } from "./dom.js";
import { record, resources } from "./record.js";
import { results } from "./results.js";

const main = document.querySelector("#chart");
const TABS = {
  summary: ["Summary", summary],
  problems: ["Problems", problems],
  medicines: ["Medicines", medicines],
  results: ["Results", (values) => results(resources(values, "observations"))],
  notes: ["Notes", notes],
  imaging: ["Imaging", imaging],
  more: ["More", more],
};

export async function showChart(patient, tab, { isNew }) {
  const chosen = TABS[tab] ? tab : "summary";
  const body = el("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab-${chosen}`, tabindex: "0" },
    el("p", { class: "quiet" }, "Reading the record…"));
  main.replaceChildren(banner(patient), tabs(patient, chosen), body);
  if (isNew) main.focus({ preventScroll: true });
  const [service] = (await discover(location.origin)).filter((one) => one.hook === "patient-view");
  const values = await record(patient.id, () => prefetch(service || { prefetch: {} }, { patientId: patient.id }));
  body.replaceChildren(TABS[chosen][1](values, patient));
}

function banner(patient) {
  return el("header", { class: "banner" },
    el("h1", {}, patient.name),
    el("span", {}, `born ${date(patient.born)} (${age(patient.born)})`),
    el("span", {}, patient.sex),
    el("span", {}, patient.mrn),
    el("p", { class: "provenance" }, `Synthetic patient. ${patient.provenance}`));
}

function tabs(patient, chosen) {
  const names = Object.keys(TABS);
  const bar = el("div", { role: "tablist", class: "tabs", "aria-label": "Chart" }, ...names.map((name) =>
    el("a", {
      role: "tab", id: `tab-${name}`, href: `#/patient/${patient.id}/${name}`,
      "aria-selected": String(name === chosen), tabindex: name === chosen ? "0" : "-1",
    }, TABS[name][0])));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length];
    location.hash = `#/patient/${patient.id}/${next}`;
    setTimeout(() => document.querySelector(`#tab-${next}`)?.focus(), 0);
  });
  return bar;
}

function section(title, rows, empty) {
  return el("section", {}, el("h2", {}, title),
    rows.length ? el("ul", { class: "rows" }, ...rows) : el("p", { class: "quiet" }, empty));
}

function row(lead, text, mark = "") {
  return el("li", {}, el("strong", {}, lead), text ? el("span", {}, text) : null, mark ? el("em", {}, mark) : null);
}

const code = (value) => value?.coding?.[0]?.code || "";
const isCurrent = (one) => ["active", "recurrence", "relapse"].includes(code(one.clinicalStatus));
const newest = (field) => (a, b) => String(when(b, field)).localeCompare(String(when(a, field)));
const when = (one, field) => one[field] || one.period?.start || one.performedPeriod?.start || "";

function allergies(values) {
  const found = resources(values, "allergies");
  return section("Allergies", found.map((one) => {
    const reactions = (one.reaction || []).flatMap((each) => each.manifestation || []).map(concept).join(", ");
    return row(concept(one.code), [reactions, one.criticality && `${one.criticality} criticality`].filter(Boolean).join("; "),
      isCurrent(one) ? "" : code(one.clinicalStatus));
  }), "Allergies: not recorded");
}

function problemRows(values, current) {
  return resources(values, "conditions").filter((one) => isCurrent(one) === current)
    .filter((one) => code(one.verificationStatus) !== "entered-in-error").sort(newest("onsetDateTime"))
    .map((one) => row(concept(one.code), one.onsetDateTime ? `since ${date(one.onsetDateTime)}` : "",
      current ? "" : code(one.clinicalStatus) || "status not stated"));
}

function medicineRows(values, current) {
  const all = [...resources(values, "medicationRequests"), ...resources(values, "medicationStatements")];
  return all.filter((one) => (one.status === "active") === current && one.status !== "entered-in-error")
    .sort(newest("authoredOn")).map((one) => {
      const dose = (one.dosageInstruction || one.dosage || []).map((each) => each.text).filter(Boolean).join("; ");
      const name = concept(one.medicationCodeableConcept) || one.medicationReference?.display || contained(one);
      return row(name, dose, current ? "" : `${one.status}${one.authoredOn ? `, ${date(one.authoredOn)}` : ""}`);
    });
}

function contained(one) {
  const id = (one.medicationReference?.reference || "").slice(1);
  return concept((one.contained || []).find((each) => each.id === id)?.code) || "medicine not named";
}

function summary(values) {
  const visits = resources(values, "encounters").sort((a, b) => when(b, "").localeCompare(when(a, ""))).slice(0, 4);
  return el("div", { class: "two" },
    allergies(values),
    section("Active problems", problemRows(values, true).slice(0, 12), "None recorded as active."),
    section("Current medicines", medicineRows(values, true).slice(0, 12), "None recorded as active."),
    section("Latest visits", visits.map((one) =>
      row(concept(one.type?.[0]) || one.class?.display || "Visit", date(one.period?.start), one.status)), "None recorded."));
}

function problems(values) {
  return el("div", {}, section("Active", problemRows(values, true), "None recorded as active."),
    section("Past", problemRows(values, false), "None recorded."), allergies(values));
}

function medicines(values) {
  return el("div", {}, section("Current", medicineRows(values, true), "None recorded as active."),
    section("On hold, stopped and completed", medicineRows(values, false), "None recorded."));
}

function notes(values) {
  const found = resources(values, "documents").sort(newest("date"));
  return section("Notes", found.map((one) => el("li", {}, el("details", {},
    el("summary", {}, `${date(one.date)} ${concept(one.type) || "Document"}`),
    el("pre", { class: "note" }, attachment(one.content?.[0]?.attachment))))), "No notes recorded.");
}

function attachment(one) {
  if (!one?.data) return "(no text)";
  if (!/^text\//.test(one.contentType || "")) return `(${one.contentType}: not shown here)`;
  const text = new TextDecoder().decode(Uint8Array.from(atob(one.data), (char) => char.charCodeAt(0)));
  if (!/html/.test(one.contentType)) return text;
  return new DOMParser().parseFromString(text, "text/html").body.textContent;
}

function imaging(values, patient) {
  const reports = resources(values, "diagnosticReports");
  const rows = resources(values, "imagingStudies").sort(newest("started")).map((one) => {
    const mine = reports.find((each) => (each.imagingStudy || []).some((link) => link.reference === `ImagingStudy/${one.id}`));
    const kind = one.description || (one.modality || []).map((each) => each.code).join(", ") || one.series?.[0]?.modality?.code;
    return row(`${date(one.started)} ${kind || "Imaging study"}`, mine?.conclusion || "No report linked.");
  });
  const note = patient.pictures ? "The picture of this patient's newest study is on the review page." : "";
  return el("div", {}, section("Imaging", rows, "No imaging recorded."), note ? el("p", { class: "quiet" }, note) : null);
}

function more(values) {
  const dated = (key, text, field) => resources(values, key).sort(newest(field)).slice(0, 60)
    .map((one) => row(text(one), date(when(one, field)), one.status));
  return el("div", {},
    section("Procedures", dated("procedures", (one) => concept(one.code), "performedDateTime"), "None recorded."),
    section("Immunizations", dated("immunizations", (one) => concept(one.vaccineCode), "occurrenceDateTime"), "None recorded."),
    section("Care plans", dated("carePlans", (one) => one.title || concept(one.category?.[0]) || "Care plan", "created"), "None recorded."));
}
