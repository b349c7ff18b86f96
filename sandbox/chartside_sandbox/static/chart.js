// The chart: a banner that stays, and tabs over the record as the EHR's own FHIR server gives it.
import { banner } from "./banner.js";
import { el } from "./dom.js";
import { readRecord } from "./fhir.js";
import { imaging } from "./tab-imaging.js";
import { medicines } from "./tab-medicines.js";
import { more } from "./tab-more.js";
import { notes } from "./tab-notes.js";
import { orders } from "./tab-orders.js";
import { problems } from "./tab-problems.js";
import { results } from "./tab-results.js";
import { summary } from "./tab-summary.js";
import { visits } from "./tab-visits.js";

const main = document.querySelector("#chart");
const top = document.querySelector("#banner");
const TABS = {
  summary: ["Summary", summary],
  problems: ["Problems", problems],
  medicines: ["Medicines", medicines],
  results: ["Results", results],
  notes: ["Notes", notes],
  imaging: ["Imaging", imaging],
  orders: ["Orders", orders],
  visits: ["Visits", visits],
  more: ["More", more],
};
const NAMES = Object.keys(TABS);
let latest = 0; // the newest drawing; an older one that ends later is dropped

export async function show(patient, wanted, { isNew }) {
  const chosen = TABS[wanted] ? wanted : "summary";
  const drawing = ++latest;
  if (isNew) {
    top.hidden = false;
    top.replaceChildren(...banner(patient, null));
    main.replaceChildren(bar(patient), panel());
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  mark(chosen);
  const body = document.querySelector("#panel");
  if (isNew) body.replaceChildren(el("p", { class: "hint" }, "Reading the record…"));
  body.setAttribute("aria-busy", "true");
  const record = await readRecord(patient.id);
  if (drawing !== latest) return;
  body.removeAttribute("aria-busy");
  if (isNew) top.replaceChildren(...banner(patient, record));
  const unread = record.unread.length
    ? el("p", { class: "failed", role: "alert" }, `Not read just now: ${record.unread.join(", ")}. Reload the page to try again.`) : "";
  body.replaceChildren(...[unread, TABS[chosen][1](record, patient)].filter(Boolean));
  main.scrollTop = 0;
}

export function showMissing() {
  top.hidden = true;
  main.replaceChildren(el("div", { class: "welcome" }, el("h1", {}, "No such patient"),
    el("p", {}, "This address names a patient that is not in the sample EHR. Choose one from the list.")));
}

function panel() {
  return el("div", { id: "panel", role: "tabpanel", tabindex: "0" });
}

function bar(patient) {
  const tabs = el("div", { role: "tablist", class: "tabs", "aria-label": "Chart" }, NAMES.map((name) =>
    el("a", {
      role: "tab", id: `tab-${name}`, "aria-controls": "panel", href: `#/patient/${encodeURIComponent(patient.id)}/${name}`,
    }, TABS[name][0])));
  tabs.addEventListener("keydown", (event) => {
    const at = NAMES.findIndex((name) => document.activeElement?.id === `tab-${name}`);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: NAMES.length - 1 }[event.key];
    if (to === undefined && event.key !== " ") return;
    event.preventDefault();
    const next = document.querySelector(`#tab-${NAMES[((to ?? at) + NAMES.length) % NAMES.length]}`);
    next.focus();
    next.click();
  });
  return tabs;
}

function mark(chosen) {
  for (const name of NAMES) {
    const tab = document.querySelector(`#tab-${name}`);
    tab.setAttribute("aria-selected", String(name === chosen));
    tab.setAttribute("tabindex", name === chosen ? "0" : "-1");
  }
  document.querySelector("#panel").setAttribute("aria-labelledby", `tab-${chosen}`);
}
