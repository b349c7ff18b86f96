// The patient list: found by name, number, story or provenance.
import { el } from "./dom.js";
import { age, many } from "./format.js";

const list = document.querySelector("#patient-list");
const search = document.querySelector("#search");
const found = document.querySelector("#found");
const nav = document.querySelector("#patients");
const toggle = document.querySelector("#patients-toggle");
let patients = [];
let openId = () => null;

export function startPatients(all, whichIsOpen) {
  [patients, openId] = [all, whichIsOpen];
  search.addEventListener("input", drawPatients);
  toggle.addEventListener("click", () => unfold(toggle.getAttribute("aria-expanded") !== "true"));
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && toggle.getAttribute("aria-expanded") === "true") {
      unfold(false);
      toggle.focus();
    }
  });
  drawPatients();
}

// Where it is narrow, the list folds away once a chart is open.
function unfold(isOpen) {
  toggle.setAttribute("aria-expanded", String(isOpen));
  nav.classList.toggle("unfolded", isOpen);
}

export function drawPatients() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = patients.filter((one) => {
    const text = `${one.name} ${one.mrn} ${one.story} ${one.provenance}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  list.replaceChildren(...shown.map(item));
  found.textContent = words.length ? (shown.length ? many(shown.length, "patient") : "No patient matches.") : "";
}

// A chart was opened: its patient is marked, and the list folds away where it is narrow.
export function closePatients() {
  drawPatients();
  nav.classList.add("chosen");
  unfold(false);
}

function item(one) {
  const facts = [one.sex, one.died ? "died" : age(one.born)].join(", ");
  return el("li", {}, el("a", {
    href: `#/patient/${encodeURIComponent(one.id)}/summary`,
    "aria-current": one.id === openId() ? "page" : false,
    title: `Provenance: ${one.provenance}`,
  },
  el("span", { class: "name" }, one.name),
  el("span", { class: "facts" }, facts, one.pictures.length ? el("span", { class: "tag" }, "images") : null),
  el("span", { class: "story" }, one.story)));
}
