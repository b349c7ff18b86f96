// Orders: a pad with a catalogue. Choosing fires order-select, signing order-sign, sending order-dispatch.
import { tell } from "./cds-panel.js";
import { el } from "./dom.js";
import { clock, many } from "./format.js";
import { addDraft, bundleOf, catalogue, pad, sign } from "./orders.js";

const PERFORMERS = {
  "Organization/sample-laboratory": "Hospital laboratory",
  "Organization/sample-radiology": "Radiology department",
  "Organization/sample-clinic": "Specialist clinic",
};

export function orders(_record, patient) {
  const own = pad(patient.id);
  const box = el("div", { class: "orders" });
  const drafts = el("section", { "aria-label": "Draft orders", class: "drafts" });
  const signed = el("section", { "aria-label": "Signed orders", class: "signed" });
  const redraw = () => {
    drafts.replaceChildren(...draftList(own, redraw));
    signed.replaceChildren(...signedList(own, redraw));
    signed.hidden = !own.signed.length;
  };
  redraw();
  box.append(finder(own, redraw), drafts, signed);
  return box;
}

function finder(own, redraw) {
  const list = el("div", { class: "catalogue" });
  const search = el("input", { type: "search", id: "order-search", placeholder: "Name or group", autocomplete: "off" });
  const said = el("p", { class: "hint", role: "status" });
  const choose = (item) => {
    own.isSigning = false;
    const selection = addDraft(own, item);
    said.textContent = `${item.label} is a draft.`;
    redraw();
    tell("order-select", { selections: [selection], draftOrders: bundleOf(own) });
  };
  catalogue().then((items) => {
    const draw = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = items.filter((one) => words.every((word) => `${one.label} ${one.group}`.toLowerCase().includes(word)));
      list.replaceChildren(...groups(found, choose));
      said.textContent = words.length && !found.length ? "Nothing to order matches." : "";
    };
    search.addEventListener("input", draw);
    draw();
  }).catch(() => { said.textContent = "The catalogue was not read just now. Reload the page to try again."; });
  return el("section", {}, el("h2", {}, "Add an order"),
    el("div", { class: "filters" }, el("label", { for: "order-search" }, "Find"), search), el("div", { class: "shelf" }, list), said);
}

function groups(items, choose) {
  return [...new Set(items.map((one) => one.group))].map((group) => el("div", { class: "group" },
    el("h3", {}, group),
    el("ul", {}, items.filter((one) => one.group === group).map((one) =>
      el("li", {}, el("button", { type: "button", class: "order", title: one.note || false, onclick: () => choose(one) }, one.label))))));
}

function draftList(own, redraw) {
  const title = el("h2", { tabindex: "-1" }, "Draft orders");
  if (!own.drafts.length) return [title, el("p", { class: "none" }, "None. Choose one above: the EHR then fires order-select.")];
  const remove = (one) => {
    own.drafts = own.drafts.filter((each) => each !== one);
    own.isSigning = own.isSigning && own.drafts.length > 0;
    redraw();
    document.querySelector(".drafts h2").focus();
  };
  return [
    title,
    el("ul", { class: "rows" }, own.drafts.map((one) => el("li", { class: "act" },
      el("p", {}, el("strong", {}, one.item.label), one.item.note ? el("span", { class: "sub" }, one.item.note) : null),
      el("button", { type: "button", "aria-label": `Remove ${one.item.label}`, onclick: () => remove(one) }, "Remove")))),
    own.isSigning ? confirmation(own, redraw) : el("p", { class: "deed" }, el("button", {
      type: "button", class: "main",
      onclick: () => {
        own.isSigning = true;
        redraw();
        document.querySelector(".confirm").focus();
        tell("order-sign", { draftOrders: bundleOf(own) });
      },
    }, "Review and sign…")),
  ];
}

// Signing never waits for decision support: its cards come beside it (client C11).
function confirmation(own, redraw) {
  const trouble = el("p", { class: "trouble", role: "alert" });
  return el("div", { class: "confirm", tabindex: "-1" },
    el("p", {}, "The EHR fired order-sign. Read what decision support says of these orders, then sign."),
    el("p", { class: "deed" },
      el("button", {
        type: "button", class: "main",
        onclick: async () => {
          const told = await sign(own);
          if (told.problem) trouble.textContent = `Not signed: ${told.problem}`;
          else redraw();
          document.querySelector(".drafts h2").focus();
        },
      }, `Sign ${many(own.drafts.length, "order")}`),
      el("button", { type: "button", onclick: () => { own.isSigning = false; redraw(); } }, "Back")),
    trouble);
}

function signedList(own, redraw) {
  return [el("h2", { tabindex: "-1" }, "Signed orders"),
    el("ul", { class: "rows" }, own.signed.map((one) => el("li", { class: "act" },
      el("p", {}, el("strong", {}, one.item.label), el("span", { class: "sub" }, one.sent || (isMedicine(one) ? "signed; its prescription goes to the pharmacy" : "signed"))),
      one.sent || isMedicine(one) ? null : dispatch(one, redraw)))),
    el("p", { class: "hint" }, "Kept by the sample EHR until it ends. The chart itself stays as it is.")];
}

function isMedicine(one) {
  return one.reference.startsWith("MedicationRequest/");
}

function dispatch(one, redraw) {
  const name = `Performer of ${one.item.label}`;
  const choice = el("select", { "aria-label": name }, Object.entries(PERFORMERS).map(([reference, words]) =>
    el("option", { value: reference, selected: reference === one.item.performer }, words)));
  return el("span", { class: "send" }, choice, el("button", {
    type: "button", "aria-label": `Send ${one.item.label} to its performer`,
    onclick: () => {
      one.sent = `sent to ${PERFORMERS[choice.value]}, ${clock()}`;
      redraw();
      document.querySelector(".signed h2").focus();
      tell("order-dispatch", { dispatchedOrders: [one.reference], performer: choice.value });
    },
  }, "Send to performer"));
}
