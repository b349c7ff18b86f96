// The wire drawer: every request and response of the CDS client, with time and size, for integrators.
import { bodiesOf, onExchange } from "./cds-client.js";
import { el } from "./dom.js";
import { kilobytes } from "./format.js";

const drawer = document.querySelector("#wire");
const toggle = document.querySelector("#wire-toggle");
const log = document.querySelector("#wire-log");
const empty = document.querySelector("#wire-empty");
const KEPT = 40;
const MOST_TEXT = 60000; // characters of one resource set; more makes the page slow and nobody reads it

// How the record is sent: "prefetch" (whole), "first" (first pages, each with its next link), or "server" (not at all).
export function mode() {
  return document.querySelector("input[name=mode]:checked").value;
}

export function startWire() {
  toggle.addEventListener("click", () => show(drawer.hidden));
  document.querySelector("#wire-close").addEventListener("click", () => show(false));
  document.querySelector("#wire-clear").addEventListener("click", () => {
    log.replaceChildren();
    empty.hidden = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !drawer.hidden && !document.querySelector("dialog[open]")) show(false);
  });
  onExchange((seen) => {
    empty.hidden = true;
    log.prepend(line(seen));
    while (log.children.length > KEPT) log.lastChild.remove();
  });
}

function show(isOpen) {
  drawer.hidden = !isOpen;
  document.body.classList.toggle("with-wire", isOpen);
  toggle.setAttribute("aria-expanded", String(isOpen));
  (isOpen ? document.querySelector("#wire-title") : toggle).focus();
}

function line(seen) {
  const isGood = seen.status >= 200 && seen.status < 300 && !seen.problem;
  const fold = el("details", { ontoggle: () => fold.open && fold.children.length === 1 && unfold(fold, seen) },
    el("summary", {},
      el("span", { class: "at" }, new Date(seen.at).toTimeString().slice(0, 8)),
      el("span", { class: "verb" }, seen.method),
      el("span", { class: "what" }, new URL(seen.url).pathname),
      el("span", { class: `code ${isGood ? "good" : "bad"}` }, seen.status ? String(seen.status) : "–", seen.problem ? ` ${seen.problem}` : ""),
      el("span", { class: "ms" }, `${seen.ms} ms`),
      el("span", { class: "size" }, `${seen.requestBytes ? `${kilobytes(seen.requestBytes)} sent, ` : ""}${kilobytes(seen.responseBytes)} back`)));
  return el("li", {}, fold);
}

// Fetched when it is first opened: a prefetch may be large, and most are never looked at.
async function unfold(fold, seen) {
  const place = el("div", {}, el("p", { class: "hint" }, "Reading…"));
  fold.append(place);
  try {
    place.replaceChildren(body(await bodiesOf(seen)));
  } catch {
    place.replaceChildren(el("p", { class: "hint" }, "Its bodies are no longer kept."));
  }
}

function body(seen) {
  const { prefetch, ...rest } = seen.request || {};
  return el("div", { class: "exchange" },
    el("div", {}, el("h3", {}, "Request"), el("p", { class: "address" }, `${seen.method} ${seen.url}`),
      seen.note ? el("p", { class: "hint" }, seen.note) : null,
      seen.request ? code(rest) : el("p", { class: "hint" }, "no body"),
      prefetch ? [el("h4", {}, "prefetch"), ...Object.entries(prefetch).map(([key, value]) => member(key, value))] : null),
    el("div", {}, el("h3", {}, "Response"), seen.response === null ? el("p", { class: "hint" }, seen.problem || "no body") : code(seen.response)));
}

function member(key, value) {
  const text = JSON.stringify(value);
  const what = value?.resourceType === "Bundle" ? `Bundle, ${value.entry?.length ?? 0} of ${value.total ?? "?"} entries` : value?.resourceType || "null";
  const fold = el("details", { class: "member", ontoggle: () => fold.open && fold.children.length === 1 && fold.append(code(value)) },
    el("summary", {}, el("code", {}, key), ` ${what}, ${kilobytes(text.length)}`));
  return fold;
}

function code(value) {
  const text = JSON.stringify(value, null, 2);
  const cut = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}\n… ${kilobytes(text.length - MOST_TEXT)} more` : text;
  return el("pre", { tabindex: "0" }, cut);
}
