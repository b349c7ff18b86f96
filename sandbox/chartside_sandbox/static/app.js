// The page: which patient is open, who is signed in. Addresses are #/patient/ID/TAB, so that each can be linked.
import { startBehaviours } from "./behaviours.js";
import * as chart from "./chart.js";
import * as panel from "./cds-panel.js";
import { forget } from "./fhir.js";
import { date } from "./format.js";
import { closePatients, startPatients } from "./patients.js";
import { openChart } from "./session.js";
import { startWire } from "./wire.js";

const user = document.querySelector("#user");
const columns = document.querySelector("#columns");
const narrow = window.matchMedia("(max-width: 1050px)");
let patients = [];
let open = null; // the id of the patient whose chart is open

async function start() {
  startWire();
  const answer = await (await fetch("patients")).json();
  patients = answer.patients;
  panel.start(refresh);
  user.value = sessionStorage.getItem("user") || user.value;
  user.selectedIndex = Math.max(user.selectedIndex, 0);
  user.addEventListener("change", () => {
    sessionStorage.setItem("user", user.value);
    openChart({ userId: user.value });
    if (open) panel.ask();
  });
  openChart({ userId: user.value });
  await startBehaviours(answer.service, () => open && panel.ask());
  startPatients(patients, () => open);
  startReturns();
  startSkips();
  narrow.addEventListener("change", order);
  order();
  window.addEventListener("hashchange", route);
  route();
}

function refresh() {
  forget();
  panel.ask();
}

// Where it is narrow the card comes before the chart, for the eye and for the Tab key alike.
function order() {
  const [main, aside] = [document.querySelector("#chart"), document.querySelector("#cds")];
  if (narrow.matches) columns.insertBefore(aside, main);
  else columns.append(aside);
}

// Back from the review page: the card may have been answered there.
function startReturns() {
  let soon = 0;
  const back = () => {
    if (document.hidden || !open) return;
    clearTimeout(soon);
    soon = setTimeout(() => panel.ask({ quietly: true }), 150);
  };
  document.addEventListener("visibilitychange", back);
  window.addEventListener("focus", back);
}

// The address holds the route, so a skip link moves the focus without changing it.
function startSkips() {
  for (const link of document.querySelectorAll("a.skip")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = document.querySelector(link.getAttribute("href"));
      target.focus();
      target.scrollIntoView();
    });
  }
}

function route() {
  const [, where, id = "", tab] = location.hash.split("/");
  const patient = where === "patient" && patients.find((one) => one.id === readable(id));
  if (!patient) {
    if (where === "patient") chart.showMissing();
    return;
  }
  const isNew = patient.id !== open;
  open = patient.id;
  document.title = `${patient.name}, born ${date(patient.born)} – Sample EHR`;
  if (isNew) {
    forget();
    closePatients();
    openChart({ patientId: patient.id });
    panel.ask();
  }
  chart.show(patient, tab, { isNew });
}

function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

start();
