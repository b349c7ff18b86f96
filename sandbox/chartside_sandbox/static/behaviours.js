// Which kind of EHR this one behaves like, and the feedback that waits in its queue.
import { behaviours, onWaiting, sendWaiting } from "./cds-client.js";
import { el } from "./dom.js";
import { many } from "./format.js";
import { openChart, session } from "./session.js";

const dialog = document.querySelector("#behave");
const toggle = document.querySelector("#behave-toggle");
const queue = document.querySelector("#queue");
let kinds = [];

// `changed` is called when another kind was chosen.
export async function startBehaviours(service, changed) {
  kinds = await behaviours();
  const kept = sessionStorage.getItem("behaviour");
  if (kinds.some((one) => one.name === kept)) openChart({ behaviour: kept });
  document.querySelector("#behave-service").textContent = service;
  document.querySelector("#behave-list").replaceChildren(...kinds.map((one) => choice(one, changed)));
  document.querySelector("#behave-close").addEventListener("click", () => dialog.close());
  toggle.addEventListener("click", () => dialog.showModal());
  onWaiting(drawQueue);
  name();
}

function choice(one, changed) {
  const radio = el("input", {
    type: "radio", name: "behaviour", value: one.name, checked: one.name === session.behaviour, "aria-describedby": `behave-${one.name}`,
    onchange: () => {
      sessionStorage.setItem("behaviour", one.name);
      openChart({ behaviour: one.name });
      name();
      drawQueue(0);
      changed();
    },
  });
  return el("li", {}, el("label", {}, radio, one.title),
    el("ul", { id: `behave-${one.name}` }, one.points.map((point) => el("li", {}, point))));
}

function name() {
  const { title } = kinds.find((one) => one.name === session.behaviour);
  toggle.textContent = session.behaviour === "reference" ? "Behave like…" : title;
  toggle.classList.toggle("other", session.behaviour !== "reference");
}

function drawQueue(waiting) {
  queue.hidden = waiting === 0;
  if (!waiting) return;
  const trouble = el("span", { class: "trouble", role: "alert" });
  const send = el("button", {
    type: "button",
    onclick: async () => {
      const told = await sendWaiting();
      if (told.problem) document.querySelector("#queue .trouble").textContent = `Not delivered (${told.problem}).`;
      else document.querySelector("#cds-title").focus();
    },
  }, "Send now");
  queue.replaceChildren(el("span", {}, `${many(waiting, "answer waits", "answers wait")} in the feedback queue.`), send, trouble);
}
