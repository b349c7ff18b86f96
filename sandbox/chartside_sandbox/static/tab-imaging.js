// Imaging: each study with its report, and a picture where there is one.
import { el, row, section } from "./dom.js";
import { attached, newest, when } from "./fhir.js";
import { code, concept, date, many, moment } from "./format.js";
import { paragraphs } from "./tab-notes.js";

const MODALITIES = { CR: "Radiograph", DX: "Radiograph", CT: "CT", MR: "MR", US: "Ultrasound", ECG: "ECG", MG: "Mammogram", NM: "Nuclear medicine", PT: "PET" };

export function studies(record) {
  return record.of("ImagingStudy").sort(newest);
}

export function studyName(one) {
  const named = one.description || concept(one.procedureCode?.[0]) || one.series?.[0]?.description || modality(one) || "Imaging study";
  return named.replace(/(?<=\w)_(?=\w)/g, " ");
}

function modality(one) {
  const found = one.modality?.[0]?.code || one.series?.[0]?.modality?.code || "";
  return MODALITIES[found] || one.modality?.[0]?.display || found;
}

export function reportOf(record, study) {
  const names = (one) => (one.imagingStudy || []).some((link) => link.reference === `ImagingStudy/${study.id}`);
  return record.of("DiagnosticReport").sort(newest).find(names);
}

export function imaging(record, patient) {
  const found = studies(record);
  const others = record.of("DiagnosticReport").sort(newest)
    .filter((one) => !(one.imagingStudy || []).length && !(one.category || []).some((each) => code(each) === "LAB"));
  return el("div", {},
    found.length ? found.map((one) => study(record, patient, one))
      : el("section", {}, el("h2", {}, "Imaging"), el("p", { class: "none" }, "No imaging recorded.")),
    others.length ? section("Reports without pictures", others.map((one) =>
      row(concept(one.code) || "Report", one.conclusion || attached(one.presentedForm?.[0]), [date(when(one))])), "") : null);
}

function study(record, patient, one) {
  const report = reportOf(record, one);
  const images = one.numberOfInstances ?? one.series?.reduce((sum, each) => sum + (each.numberOfInstances || 0), 0);
  const facts = [moment(one.started), modality(one), one.numberOfSeries && many(one.numberOfSeries, "series", "series"), images && many(images, "image")];
  const full = report?.presentedForm?.[0]?.data ? attached(report.presentedForm[0]) : "";
  return el("section", { class: "study" },
    picture(patient, one),
    el("div", { class: "report" },
      el("h2", {}, studyName(one)),
      el("p", { class: "sub" }, facts.filter(Boolean).join(" · ")),
      report ? el("p", { class: "impression" }, el("b", {}, "Impression: "), report.conclusion || "none stated")
        : el("p", { class: "none" }, "No report linked."),
      full ? el("details", {}, el("summary", {}, "Full report"), el("div", { class: "note" }, paragraphs(full))) : null));
}

function picture(patient, one) {
  const known = patient.pictures.find((each) => each.study === `ImagingStudy/${one.id}`);
  if (!known) return null;
  const address = `pictures/${encodeURIComponent(patient.id)}/${encodeURIComponent(one.id)}.png`;
  const words = `${studyName(one)}, ${date(one.started)}`;
  const caption = el("figcaption", {}, `${known.note.charAt(0).toUpperCase()}${known.note.slice(1)}.`);
  const image = el("img", { src: address, alt: words, width: "200", height: "200" });
  const open = el("button", { type: "button", class: "thumb", "aria-label": `Enlarge: ${words}`, onclick: () => enlarge(address, words, known.note) }, image);
  image.addEventListener("error", () => open.replaceWith(el("p", { class: "none" }, "The picture is not available here.")));
  return el("figure", {}, open, caption);
}

function enlarge(address, words, note) {
  const box = el("dialog", { class: "viewer", "aria-label": words, onclose: () => box.remove() },
    el("div", {}, el("p", {}, el("strong", {}, words), ` – ${note}`), el("button", { type: "button", onclick: () => box.close() }, "Close")),
    el("img", { src: address, alt: words }));
  document.body.append(box);
  box.showModal();
}
