// The CDS panel: fires patient-view and draws what came. A failure is said; nothing changes under the reader's eyes.
import { fire, servicesFor } from "./cds-client.js";
import { cardNode } from "./card.js";
import { el } from "./dom.js";
import { clock, many } from "./format.js";
import { mode } from "./wire.js";

const box = document.querySelector("#cards");
const status = document.querySelector("#cds-status");
const again = document.querySelector("#cds-refresh");
const WAITS_S = [3, 6, 12, 24, 30, 30]; // between quiet looks while an AI summary is in preparation
const URGENCY = ["critical", "warning", "info"];
const answers = new Map(); // patient and user -> what this user answered, while this page is open
let service = "";
let asked = 0; // the newest call; answers of older ones are dropped
let timer = 0;
let shown = { key: "", cards: [] };

export function start(address, refresh) {
  service = address;
  again.addEventListener("click", refresh);
}

// `quietly`: what is on display stays unless there is something else to say. `look` counts the quiet looks so far.
export async function ask(patientId, userId, { quietly = false, look = 0 } = {}) {
  clearTimeout(timer);
  const call = ++asked;
  const context = { userId, patientId };
  if (!quietly) wait();
  const answer = await callAll(context);
  if (call !== asked) return;
  again.hidden = false;
  if (answer.problem !== undefined) {
    fail(answer);
    return;
  }
  settle(answer.results, context, { quietly, look });
  // A reader who answered the brief at once is still told when the AI summary has come.
  const goesOn = answer.results.some(({ card }) => isPreparing(card)) || (look > 0 && !answer.results.length);
  if (goesOn && look < WAITS_S.length) {
    timer = setTimeout(() => ask(patientId, userId, { quietly: true, look: look + 1 }), WAITS_S[look] * 1000);
  }
}

// Every patient-view service at once: {results: [{one, card}], most urgent first}, or the first problem.
async function callAll(context) {
  const found = await servicesFor(service, "patient-view");
  if (found.problem !== undefined) return found;
  const all = await Promise.all(found.services.map(async (one) => ({ one, ...(await fire(service, one, context, mode())) })));
  const failed = all.find((each) => each.problem !== undefined);
  if (failed) return failed;
  const results = all.flatMap(({ one, cards }) => cards.map((card) => ({ one, card })));
  return { results: results.sort((a, b) => URGENCY.indexOf(a.card.indicator) - URGENCY.indexOf(b.card.indicator)) };
}

function wait() {
  shown = { key: "", cards: [] };
  box.replaceChildren(el("div", { class: "waiting" }, el("span", { class: "dot" }), "Asking Chartside…"));
  say("Asking Chartside…");
}

function settle(results, context, { quietly, look }) {
  const key = keyOf(context);
  const same = shown.key === key && signature(shown.cards) === signature(results.map(({ card }) => card));
  if (quietly && same && box.childNodes.length && !box.querySelector(".failed")) return;
  const isReading = shown.key === key && shown.cards.length > 0 && results.length > 0;
  const mayNotMove = look > 0 || shown.cards.some(isPreparing) || isBusy();
  if (quietly && isReading && mayNotMove) offer(results, context);
  else draw(results, context);
}

function draw(results, context) {
  const key = keyOf(context);
  shown = { key, cards: results.map(({ card }) => card) };
  if (!results.length) {
    const answered = answers.get(key);
    box.replaceChildren(el("p", { id: "no-card" },
      answered ? `${answered}. Chartside has nothing new to say.` : "Chartside looked and has nothing new to say to you."));
    say(`Chartside looked at ${clock()}: no card.`);
    return;
  }
  const done = (words) => answers.set(key, words);
  box.replaceChildren(...results.map(({ one, card }) => cardNode(service, one, card, done)));
  say(`${many(results.length, "card")}, ${clock()}.`);
}

function offer(results, context) {
  const isSummary = results.some(({ card }) => card.source?.topic?.code === "chartsummary");
  const words = isSummary ? "The AI summary is ready: show it" : "Chartside has an update: show it";
  box.querySelector(".offer")?.remove();
  box.prepend(el("button", {
    type: "button", class: "offer",
    onclick: () => {
      draw(results, context);
      const first = box.querySelector("article");
      first?.setAttribute("tabindex", "-1");
      first?.focus();
    },
  }, words));
  say(words.replace(/: .*/, "."));
}

function fail({ problem, detail }) {
  shown = { key: "", cards: [] };
  box.replaceChildren(el("div", { class: "failed", role: "alert" },
    el("p", {}, el("strong", {}, `Chartside did not answer${problem ? ` (${problem})` : ""}.`), " The chart itself is complete."),
    detail ? el("p", { class: "hint" }, `It said: ${detail}`) : null));
  say(`No guidance since ${clock()}.`);
}

function say(words) {
  if (status.textContent !== words) status.textContent = words;
}

function keyOf({ patientId, userId }) {
  return `${patientId} ${userId}`;
}

function signature(cards) {
  return JSON.stringify(cards.map((card) => [card.summary, card.detail, card.indicator]));
}

function isPreparing(card) {
  return card.extension?.["org.chartside.awaits-summary"] === true;
}

// In the middle of an answer: a form open, or a comment being written.
function isBusy() {
  return Boolean(box.querySelector("details.override[open]"));
}
