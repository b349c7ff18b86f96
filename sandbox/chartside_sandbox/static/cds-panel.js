// The CDS panel: fires the hook, draws cards, and sends what was done with them. Silence is never drawn as failure.
import { discover, feedback, fire, prefetch } from "./cds-client.js";
import { clock, el } from "./dom.js";
import { render } from "./markdown.js";
import { record } from "./record.js";
import { byServer } from "./wire.js";

const cards = document.querySelector("#cards");
const WAITS = [3, 6, 12, 24, 30, 30]; // seconds between quiet looks while a summary is in preparation
const WORDS = { info: "Information", warning: "Warning", critical: "Critical" };
const answered = new Map(); // patient + user -> what this user did, for this visit
let service = "";
let asked = 0; // the newest call; answers of older ones are dropped
let timer = 0;

export function start(address) {
  service = address;
}

export async function ask(patientId, userId, { quietly = false, look = 0 } = {}) {
  clearTimeout(timer);
  const call = ++asked;
  if (!quietly) cards.replaceChildren(el("p", { class: "quiet" }, "Asking Chartside…"));
  const services = (await discover(service)).filter((one) => one.hook === "patient-view");
  if (call !== asked) return;
  if (!services.length) return silent("Chartside cannot be reached. The chart itself is complete.");
  const context = { userId, patientId };
  for (const one of services) {
    const values = byServer() ? {} : await record(patientId, () => prefetch(one, context));
    const seen = await fire(service, one, context, { values, byServer: byServer() });
    if (call !== asked) return;
    if (seen.status !== 200) {
      return silent(`Chartside did not answer (${seen.status || "no connection"}). The chart itself is complete.`);
    }
    if (quietly && look && isReady(seen.response.cards)) return offer(one, seen.response.cards, context);
    if (quietly && sameAs(seen.response.cards)) { /* nothing new: the reader's place is kept */ }
    else draw(one, seen.response.cards, context);
    if (isPreparing(seen.response.cards) && look < WAITS.length) {
      timer = setTimeout(() => ask(patientId, userId, { quietly: true, look: look + 1 }), WAITS[look] * 1000);
    }
  }
}

let drawn = "";

function sameAs(found) {
  return drawn === JSON.stringify(found.map((card) => [card.summary, card.detail]));
}

function isPreparing(found) {
  return found.some((card) => /in preparation/.test(card.summary));
}

function isReady(found) {
  return found.some((card) => /AI summary \(/.test(card.summary));
}

function silent(words) {
  drawn = "";
  cards.replaceChildren(el("p", { class: "failed", role: "alert" }, words), again());
}

function again() {
  return el("button", { type: "button", class: "again", onclick: refresh }, "Ask again");
}

function refresh() {
  const [, , id] = location.hash.split("/");
  ask(decodeURIComponent(id), document.querySelector("#user").value);
}

function offer(one, found, context) {
  const show = el("button", { type: "button", class: "offer", onclick: () => draw(one, found, context) },
    "The AI summary is ready: show it");
  cards.prepend(show);
}

function draw(one, found, context) {
  drawn = JSON.stringify(found.map((card) => [card.summary, card.detail]));
  const key = `${context.patientId} ${context.userId}`;
  if (!found.length) {
    const done = answered.get(key);
    cards.replaceChildren(
      el("p", { class: "quiet", id: "no-card" }, done ? `${done}. Nothing new since.`
        : "Chartside looked and has nothing new to say for you."), again());
    return;
  }
  cards.replaceChildren(...found.map((card) => cardNode(one, card, key)), again());
}

function cardNode(one, card, key) {
  const state = el("p", { class: "answer", role: "status" });
  const done = (words) => {
    state.textContent = words;
    answered.set(key, words);
    node.classList.add("answered");
  };
  const node = el("article", { class: `card ${card.indicator}`, "aria-label": card.summary },
    el("p", { class: "indicator" }, WORDS[card.indicator] || card.indicator),
    el("h3", {}, card.summary),
    card.detail ? render(card.detail) : null,
    el("p", { class: "source" }, `Source: ${card.source.label}`),
    links(card),
    el("div", { class: "actions" }, ...suggestions(one, card, done), override(one, card, done)),
    state);
  return node;
}

function links(card) {
  const shown = (card.links || []).filter((link) => link.type === "absolute" && /^https?:/.test(link.url));
  if (!shown.length) return null;
  return el("p", { class: "links" }, ...shown.map((link) =>
    el("a", { href: link.url, target: "_blank", rel: "noopener" }, link.label)));
}

function suggestions(one, card, done) {
  return (card.suggestions || []).map((suggestion) => el("button", {
    type: "button",
    class: "suggestion",
    onclick: async () => {
      const item = { card: card.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] };
      const seen = await feedback(service, one, item);
      done(seen.status === 200 ? `Reviewed by you, ${clock()}` : "Your answer did not arrive. Try again.");
    },
  }, suggestion.label));
}

function override(one, card, done) {
  if (!(card.overrideReasons || []).length) return null;
  const choice = el("select", { "aria-label": "Reason" },
    ...card.overrideReasons.map((reason, at) => el("option", { value: at }, reason.display)));
  const comment = el("input", { type: "text", placeholder: "Comment (optional)", "aria-label": "Comment", maxlength: "500" });
  const form = el("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      const { display, ...reason } = card.overrideReasons[choice.value];
      const given = { reason: { ...reason, display }, ...(comment.value ? { userComment: comment.value } : {}) };
      const seen = await feedback(service, one, { card: card.uuid, outcome: "overridden", overrideReason: given });
      done(seen.status === 200 ? `Dismissed by you, ${clock()}: ${display}` : "Your answer did not arrive. Try again.");
      menu.open = false;
    },
  }, choice, comment, el("button", { type: "submit" }, "Send"));
  const menu = el("details", { class: "override" }, el("summary", {}, "Dismiss with a reason"), form);
  menu.addEventListener("keydown", (event) => event.key === "Escape" && (menu.open = false));
  return menu;
}
