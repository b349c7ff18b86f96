// One card as this EHR draws it: a colour bar and a word, the summary, the detail, and what can be answered.
import { feedback } from "./cds-client.js";
import { el, lines } from "./dom.js";
import { clock } from "./format.js";
import { render } from "./markdown.js";

const WORDS = { info: "Information", warning: "Warning", critical: "Critical" };

// `answered` is told in words what the reader did, once the service has it.
export function cardNode(service, one, card, answered) {
  const state = el("p", { class: "answer", role: "status" });
  const trouble = el("p", { class: "trouble", role: "alert" });
  // C6: without a uuid there is nothing to answer to.
  const send = async (item, words) => {
    const sent = await feedback(service, one, { card: card.uuid, ...item });
    trouble.textContent = sent.problem === undefined ? "" : `Your answer did not arrive (${sent.problem || "no answer"}). Try again.`;
    if (sent.problem !== undefined) return;
    state.textContent = words;
    node.classList.add("answered");
    state.setAttribute("tabindex", "-1");
    state.focus();
    answered(words);
  };
  const node = el("article", { class: `card ${WORDS[card.indicator] ? card.indicator : "info"}` },
    el("p", { class: "indicator" }, WORDS[card.indicator] || card.indicator),
    el("h3", {}, lines(card.summary)),
    card.detail ? render(card.detail) : null,
    links(card),
    card.uuid ? el("div", { class: "actions" }, suggestions(card, send), override(card, send)) : null,
    trouble,
    state,
    source(card));
  return node;
}

// Absolute addresses only: this EHR launches no SMART apps.
function links(card) {
  const shown = (card.links || []).filter((link) => link.type === "absolute" && /^https?:\/\//.test(link.url));
  return shown.length ? el("p", { class: "links" }, shown.map((link) =>
    el("a", { href: link.url, target: "_blank", rel: "noopener" }, link.label))) : null;
}

function suggestions(card, send) {
  return (card.suggestions || []).filter((one) => one.uuid).map((one) => el("button", {
    type: "button", class: "suggestion",
    onclick: () => send({ outcome: "accepted", acceptedSuggestions: [{ id: one.uuid }] }, `Reviewed by you, ${clock()}`),
  }, one.label));
}

function override(card, send) {
  if (!(card.overrideReasons || []).length) return null;
  const choice = el("select", { required: true }, card.overrideReasons.map((reason, at) => el("option", { value: at }, reason.display || reason.code)));
  const comment = el("input", { type: "text", maxlength: "500", autocomplete: "off" });
  const form = el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      const reason = card.overrideReasons[choice.value];
      const userComment = comment.value.trim();
      menu.open = false;
      send({ outcome: "overridden", overrideReason: { reason, ...(userComment ? { userComment } : {}) } },
        `Dismissed by you, ${clock()}: ${reason.display || reason.code}`);
    },
  },
  el("label", {}, "Reason", choice), el("label", {}, "Comment (optional)", comment), el("button", { type: "submit" }, "Send"));
  const menu = el("details", { class: "override" }, el("summary", {}, "Dismiss with a reason"), form);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  return menu;
}

function source(card) {
  const { label, url } = card.source || {};
  const name = /^https?:\/\//.test(url || "") ? el("a", { href: url, target: "_blank", rel: "noopener" }, label) : label || "not named";
  return el("p", { class: "source" }, "Source: ", name, ` · shown ${clock()}`);
}
