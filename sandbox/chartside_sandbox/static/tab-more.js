// More: procedures, immunizations, plans, family history and devices.
import { el, row, section } from "./dom.js";
import { newest, when } from "./fhir.js";
import { code, concept, date, many, period } from "./format.js";

const SHOWN = 40;

export function more(record) {
  return el("div", { class: "two" },
    listed("Procedures", record.of("Procedure"), (one) => row(concept(one.code), "", marks(one, "completed"))),
    listed("Immunizations", record.of("Immunization"), (one) => row(concept(one.vaccineCode), "", marks(one, "completed"))),
    listed("Care plans", record.of("CarePlan"), plan),
    listed("Family history", record.of("FamilyMemberHistory"), family),
    listed("Directives and consents", record.of("Consent"), (one) =>
      row(one.policyRule?.text || concept(one.category?.[0]) || "Consent", concept(one.scope), marks(one, "active"))),
    listed("Devices", record.of("Device"), (one) =>
      row(concept(one.type) || one.deviceName?.[0]?.name || "Implanted device, kind not recorded", udi(one), [one.status].filter(Boolean))));
}

function listed(title, all, toRow) {
  const found = all.sort(newest);
  const rest = found.length - SHOWN;
  return section(title, found.slice(0, SHOWN).map(toRow), "None recorded.",
    rest > 0 ? el("p", { class: "hint" }, `${many(rest, "older entry", "older entries")} not shown.`) : "");
}

function marks(one, usual) {
  return [date(when(one)), one.status === usual ? "" : one.status].filter(Boolean);
}

function plan(one) {
  const named = one.title || (one.category || []).map(concept).filter((text) => text && !text.includes("-")).join(", ");
  const steps = (one.activity || []).map((each) => each.detail?.description || concept(each.detail?.code)).filter(Boolean);
  return row(named || "Care plan", steps.join("; "), [period(one.period), one.status].filter(Boolean));
}

function family(one) {
  const had = (one.condition || []).map((each) => concept(each.code)).filter(Boolean).join(", ");
  const who = concept(one.relationship) || "Relative";
  return row(who.charAt(0).toUpperCase() + who.slice(1), had || "nothing recorded", one.deceasedBoolean ? ["died"] : []);
}

function udi(one) {
  const id = one.udiCarrier?.[0]?.deviceIdentifier;
  return [id && `identifier ${id}`, one.manufactureDate && `made ${date(one.manufactureDate)}`].filter(Boolean).join(" · ") || code(one.type);
}
