// Visits: start one, discharge from one, book the next. Each fires its hook.
import { tell } from "./cds-panel.js";
import { el, section } from "./dom.js";
import { newest } from "./fhir.js";
import { clock, date, many } from "./format.js";
import { enterVisit, session } from "./session.js";
import { visitRow } from "./tab-summary.js";

const SHOWN = 40;

export function visits(record, patient) {
  const all = record.of("Encounter").sort(newest);
  const box = el("div", { class: "visits" });
  const redraw = (said = "") => box.replaceChildren(
    booking(patient),
    section("Visits", all.slice(0, SHOWN).map((one) => visit(one, redraw)), "No visits recorded: none can be started or ended here.",
      all.length > SHOWN ? el("p", { class: "hint" }, `${many(all.length - SHOWN, "older visit")} not shown.`) : "",
      el("p", { class: "hint", role: "status" }, said)));
  redraw();
  return box;
}

function visit(one, redraw) {
  const isOpen = session.encounterId === one.id;
  const item = visitRow(one);
  const named = date(one.period?.start);
  const deed = (words, hook, after) => el("button", {
    type: "button", "aria-label": `${words} the visit of ${named}`,
    onclick: () => {
      enterVisit(one.id);
      tell(hook, { encounterId: one.id });
      if (hook === "encounter-discharge") enterVisit("");
      redraw(`${after}, ${clock()}.`);
    },
  }, words);
  item.classList.toggle("open-visit", isOpen);
  item.append(el("p", { class: "deed" },
    isOpen ? el("span", { class: "mark" }, "you are in this visit") : deed("Start", "encounter-start", "Visit started"),
    deed("Discharge", "encounter-discharge", "Discharged")));
  return item;
}

function booking(patient) {
  const said = el("p", { class: "hint", role: "status" });
  const what = el("input", { type: "text", id: "book-what", value: "Follow-up visit", maxlength: "80", required: true, autocomplete: "off" });
  const when = el("input", { type: "date", id: "book-when", required: true, value: new Date(Date.now() + 14 * 864e5).toISOString().slice(0, 10) });
  const form = el("form", {
    class: "booking",
    onsubmit: (event) => {
      event.preventDefault();
      const resource = {
        resourceType: "Appointment", id: `proposed-${crypto.randomUUID()}`, status: "proposed", description: what.value,
        start: `${when.value}T09:00:00Z`, end: `${when.value}T09:30:00Z`,
        participant: [{ actor: { reference: `Patient/${patient.id}` }, status: "needs-action" }],
      };
      said.textContent = `Proposed for ${date(when.value)}.`;
      tell("appointment-book", { appointments: { resourceType: "Bundle", type: "collection", entry: [{ resource }] } });
    },
  },
  el("label", { for: "book-what" }, "For"), what, el("label", { for: "book-when" }, "On"), when, el("button", { type: "submit" }, "Book"));
  return el("section", {}, el("h2", {}, "Book an appointment"), form, said);
}
