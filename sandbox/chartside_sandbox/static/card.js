// One card as this EHR draws it: a colour bar and a word, the summary, the detail, and what can be answered.
import { answer } from "./cds-client.js";
import { el, lines } from "./dom.js";
import { clock } from "./format.js";
import { render, renderRaw } from "./markdown.js";

const WORDS = { info: "Information", warning: "Warning", critical: "Critical" };

// `answered` is told in words what the reader did, once the service has it, or the queue.
export function cardNode(card, answered) {
  const state = el("p", { class: "answer", role: "status" });
  const trouble = el("p", { class: "trouble", role: "alert" });
  const send = async (item, words) => {
    const sent = await answer({ card: card.uuid, ...item });
    trouble.textContent = sent.problem === undefined ? "" : `Your answer did not arrive (${sent.problem}). Try again.`;
    if (sent.problem !== undefined) return;
    state.textContent = [words, ...(sent.done || []).filter(Boolean).map((reference) => `made ${reference.split("/")[0]}`)].join(" · ");
    node.classList.toggle("answered", !card.staysOpen);
    state.setAttribute("tabindex", "-1");
    state.focus();
    answered(words);
  };
  const canAnswer = card.suggestions.length > 0 || card.canDismiss;
  const node = el("article", { class: `card ${WORDS[card.indicator] ? card.indicator : "info"}` },
    el("p", { class: "indicator" }, WORDS[card.indicator] || card.indicator),
    el("h3", {}, lines(card.summary)),
    card.detail ? (card.rawHtml ? renderRaw : render)(card.detail) : null,
    links(card),
    canAnswer ? el("div", { class: "actions" }, suggestions(card, send), override(card, send)) : null,
    trouble,
    state,
    source(card));
  return node;
}

function links(card) {
  return card.links.length ? el("p", { class: "links" }, card.links.map((link) =>
    el("a", { href: link.url, target: "_blank", rel: "noopener" }, link.label))) : null;
}

function suggestions(card, send) {
  return card.suggestions.map((one) => el("button", {
    type: "button", class: "suggestion", title: one.actions.join("; ") || false,
    onclick: () => send({ suggestion: one.uuid }, `${one.actions.length ? "Accepted" : "Reviewed"} by you, ${clock()}`),
  }, one.label));
}

function override(card, send) {
  if (!card.canDismiss) return null;
  if (!card.overrideReasons.length) {
    return el("button", { type: "button", onclick: () => send({}, `Dismissed by you, ${clock()}`) }, "Dismiss");
  }
  const choice = el("select", { required: true }, card.overrideReasons.map((reason, at) => el("option", { value: at }, reason.display)));
  const comment = el("input", { type: "text", maxlength: "500", autocomplete: "off" });
  const form = el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      const reason = Number(choice.value);
      menu.open = false;
      send({ reason, comment: comment.value.trim() }, `Dismissed by you, ${clock()}: ${card.overrideReasons[reason].display}`);
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
  return el("p", { class: "source" }, "Source: ", name, ` · ${card.hook} · shown ${clock()}`);
}
