// The page: the patient list, which chart is open, and who is signed in. Addresses are #/patient/ID/TAB.
import { showChart } from "./chart.js";
import * as panel from "./cds-panel.js";
import { age, date, el } from "./dom.js";
import { startWire } from "./wire.js";

const list = document.querySelector("#patient-list");
const search = document.querySelector("#search");
const user = document.querySelector("#user");
let patients = [];
let open = null; // the id of the patient whose chart is open

async function start() {
  startWire();
  const answer = await (await fetch("patients")).json();
  patients = answer.patients;
  panel.start(answer.service);
  user.value = sessionStorage.getItem("user") || user.value;
  search.addEventListener("input", drawList);
  user.addEventListener("change", () => {
    sessionStorage.setItem("user", user.value);
    if (open) panel.ask(open, user.value);
  });
  window.addEventListener("hashchange", route);
  // Back from the review page: the card may have been answered there.
  const back = () => !document.hidden && open && panel.ask(open, user.value, { quietly: true });
  document.addEventListener("visibilitychange", back);
  window.addEventListener("focus", back);
  drawList();
  route();
}

function drawList() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = patients.filter((one) => {
    const text = `${one.name} ${one.mrn} ${one.story} ${one.provenance}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  list.replaceChildren(...shown.map((one) => el("li", {},
    el("a", { href: `#/patient/${one.id}/summary`, "aria-current": one.id === open ? "page" : false },
      el("span", { class: "name" }, one.name),
      el("span", { class: "facts" }, `${one.sex}, ${age(one.born)}${one.pictures ? " · images" : ""}`),
      el("span", { class: "story" }, one.story)))));
  if (!shown.length) list.append(el("li", { class: "quiet" }, "No patient matches."));
}

function route() {
  const [, where, id, tab] = location.hash.split("/");
  const patient = where === "patient" && patients.find((one) => one.id === decodeURIComponent(id || ""));
  if (!patient) return;
  const isNew = patient.id !== open;
  open = patient.id;
  document.title = `${patient.name}, born ${date(patient.born)} – Sample EHR`;
  drawList();
  showChart(patient, tab || "summary", { isNew });
  if (isNew) panel.ask(patient.id, user.value);
}

start();
