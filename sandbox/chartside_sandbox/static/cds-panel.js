// The CDS panel: fires hooks and draws what came. A failure is said; nothing changes under the reader's eyes.
import { fire } from "./cds-client.js";
import { cardNode } from "./card.js";
import { el } from "./dom.js";
import { clock, many } from "./format.js";
import { session, who } from "./session.js";
import { mode } from "./wire.js";

const box = document.querySelector("#cards");
const status = document.querySelector("#cds-status");
const again = document.querySelector("#cds-refresh");
const WAITS_S = [3, 6, 12, 24, 30, 30]; // between quiet looks while an AI summary is in preparation
const jump = document.querySelector("#cds-jump");
const OPENING = "patient-view";
const answers = new Map(); // the open chart -> what this user answered, while this page is open
const asked = new Map(); // hook -> its newest call; answers of older ones are dropped
let timer = 0;
let shown = { key: "", cards: [] };

export function start(refresh) {
  again.addEventListener("click", refresh);
  jump.addEventListener("click", () => {
    jump.hidden = true;
    box.scrollIntoView({ block: "center" });
    document.querySelector("#cds-title").focus();
  });
}

// The chart was opened. `quietly`: what is on display stays unless there is something else to say. `look` counts the quiet looks.
export async function ask({ quietly = false, look = 0 } = {}) {
  clearTimeout(timer);
  if (!quietly) wait();
  const answer = await latest(OPENING, who());
  if (answer === null) return;
  again.hidden = false;
  settle(answer, { quietly, look });
  // A reader who answered the brief at once is still told when the AI summary has come.
  const cards = answer.cards || [];
  const goesOn = cards.some(isPreparing) || (look > 0 && !cards.length && !answer.failures?.length);
  if (goesOn && look < WAITS_S.length) {
    timer = setTimeout(() => ask({ quietly: true, look: look + 1 }), WAITS_S[look] * 1000);
  }
}

// Something was done in the chart: its hook is fired, and what is on display is drawn anew.
export async function tell(hook, values) {
  box.querySelector(".asking")?.remove();
  box.prepend(el("p", { class: "waiting asking" }, el("span", { class: "dot" }), `Asking about ${hook}…`));
  const answer = await latest(hook, { ...who(), ...values });
  if (answer === null) return;
  draw(answer, hook);
  point(came(answer), hook);
}

// What came of a call; null where a newer one of this hook, or another chart, has taken its place.
async function latest(hook, values) {
  const call = (asked.get(hook) || 0) + 1;
  const { chart } = session;
  asked.set(hook, call);
  const answer = await fire(hook, values, mode());
  return asked.get(hook) === call && session.chart === chart ? answer : null;
}

function wait() {
  shown = { key: "", cards: [] };
  box.replaceChildren(el("div", { class: "waiting" }, el("span", { class: "dot" }), "Asking Chartside…"));
  say("Asking Chartside…");
}

function settle(answer, { quietly, look }) {
  const cards = answer.cards || [];
  const isAll = !problems(answer).length;
  const same = isAll && shown.key === session.key && signature(shown.cards) === signature(cards);
  if (quietly && same && box.childNodes.length && !box.querySelector(".failed")) return;
  const isReading = shown.key === session.key && shown.cards.length > 0 && cards.length > 0;
  const mayNotMove = look > 0 || shown.cards.some(isPreparing) || isBusy();
  if (quietly && isAll && isReading && mayNotMove) offer(answer);
  else draw(answer, OPENING);
}

// What the hook just fired has brought comes first.
function draw(answer, hook) {
  const cards = [...(answer.cards || [])].sort((a, b) => Number(b.hook === hook) - Number(a.hook === hook));
  const failures = problems(answer);
  shown = { key: session.key, cards };
  const done = (words) => answers.set(session.key, words);
  const nodes = [...failures.map(failure), ...cards.map((card) => cardNode(card, done))];
  if (!nodes.length) {
    const answered = answers.get(session.key);
    box.replaceChildren(el("p", { id: "no-card" },
      answered ? `${answered}. Chartside has nothing new to say.` : "Chartside looked and has nothing new to say to you."));
  } else {
    box.replaceChildren(...nodes);
  }
  say(told(answer, hook, cards, failures));
}

function told(answer, hook, cards, failures) {
  if (failures.length) return cards.length ? `${many(cards.length, "card")}. ${hook}: no answer, ${clock()}.` : `No guidance since ${clock()}.`;
  if (hook !== OPENING && !came(answer)) return `${hook}: nothing to say, ${clock()}.`;
  return cards.length ? `${many(cards.length, "card")}, ${clock()}.` : `Chartside looked at ${clock()}: no card.`;
}

function came(answer) {
  return (answer.answered || []).reduce((sum, one) => sum + one.cards, 0);
}

// Where it is narrow the cards may have come out of sight, above the chart.
function point(count, hook) {
  box.closest("aside").scrollTop = 0;
  const { top, bottom } = (box.querySelector("article") || box).getBoundingClientRect();
  jump.hidden = count === 0 || (bottom > 120 && top < window.innerHeight - 80);
  jump.textContent = `${many(count, "card")} on ${hook}: show`;
}

function offer(answer) {
  const isSummary = answer.cards.some((card) => card.source?.topic?.code === "chartsummary");
  const words = isSummary ? "The AI summary is ready: show it" : "Chartside has an update: show it";
  box.querySelector(".offer")?.remove();
  box.prepend(el("button", {
    type: "button", class: "offer",
    onclick: () => {
      draw(answer, OPENING);
      const first = box.querySelector("article");
      first?.setAttribute("tabindex", "-1");
      first?.focus();
    },
  }, words));
  say(words.replace(/: .*/, "."));
}

// The services that did not answer; a page without its own server has one failure too.
function problems(answer) {
  return answer.problem === undefined ? answer.failures || [] : [{ title: "", problem: answer.problem, said: "", kind: "no-answer" }];
}

function failure({ title, problem, said, kind }) {
  if (kind === "not-fired") return el("p", { class: "not-fired" }, problem);
  return el("div", { class: "failed", role: "alert" },
    el("p", {}, el("strong", {}, `${title || "Chartside"} did not answer${problem ? ` (${problem})` : ""}.`), " The chart itself is complete."),
    said ? el("p", { class: "hint" }, `It said: ${said}`) : null);
}

function say(words) {
  if (status.textContent !== words) status.textContent = words;
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
