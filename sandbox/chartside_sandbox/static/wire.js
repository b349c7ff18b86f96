// The wire drawer: every request and response of the CDS client with its time and size, for integrators.
import { onExchange } from "./cds-client.js";
import { clock, el } from "./dom.js";

const drawer = document.querySelector("#wire");
const toggle = document.querySelector("#wire-toggle");
const log = document.querySelector("#wire-log");
const KEPT = 30;

export function byServer() {
  return document.querySelector("input[name=mode]:checked").value === "server";
}

export function startWire() {
  toggle.addEventListener("click", () => show(drawer.hidden));
  document.querySelector("#wire-close").addEventListener("click", () => show(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && !drawer.hidden && show(false));
  onExchange((seen) => {
    const size = seen.request ? JSON.stringify(seen.request).length : 0;
    log.prepend(el("li", {}, el("details", {},
      el("summary", {}, `${clock(seen.at)} ${seen.name} — ${seen.status || "no answer"}, ${seen.ms} ms, sent ${kilobytes(size)}`),
      el("p", { class: "address" }, seen.url),
      seen.request ? el("pre", { tabindex: "0", "aria-label": "Request" }, json(shortened(seen.request))) : null,
      el("pre", { tabindex: "0", "aria-label": "Response" }, json(seen.response)))));
    while (log.children.length > KEPT) log.lastChild.remove();
  });
}

function show(open) {
  drawer.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  (open ? document.querySelector("#wire-close") : toggle).focus();
}

function shortened(request) {
  if (!request.prefetch) return request;
  const counted = Object.entries(request.prefetch).map(([key, value]) => [
    key, value?.resourceType === "Bundle" ? `Bundle with ${value.entry?.length ?? 0} entries` : value?.resourceType ?? value,
  ]);
  return { ...request, prefetch: Object.fromEntries(counted) };
}

function kilobytes(size) {
  return size < 1000 ? `${size} B` : `${Math.round(size / 1000)} KB`;
}

function json(value) {
  return JSON.stringify(value, null, 2);
}
