// The review page with script: chosen sources fill the pane, keys move between lines, and the page says when the
// AI summary is ready. It never replaces what a person is reading, and nothing here answers a card.
import { watch } from "./polling.js";
import { listen } from "./keys.js";
import { loadPictures } from "./pictures.js";

document.documentElement.classList.add("has-script");

const pane = document.getElementById("sources");
const list = pane.querySelector(".evidence-list");
const hint = document.getElementById("sources-hint");
const all = document.getElementById("all-sources");
const close = document.getElementById("close-sources");
const narrow = window.matchMedia("(max-width: 860px)");
let opener = null;

function choose(chip) {
  const target = document.getElementById(chip.hash.slice(1));
  const evidence = document.getElementById(chip.dataset.source);
  if (!target || !evidence) return;
  const chips = [...chip.closest(".chips").querySelectorAll("a.chip")];
  document.querySelectorAll(".chip[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  list.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
  chip.setAttribute("aria-current", "true");
  evidence.classList.add("chosen");
  if (target !== evidence) target.classList.add("chosen");
  list.classList.add("choosing");
  list.classList.remove("all");
  pane.classList.add("open");
  hint.textContent = chips.length > 1 ? `Source ${chips.indexOf(chip) + 1} of ${chips.length} of this line.` : "The source of this line.";
  all.hidden = false;
  close.hidden = !narrow.matches;
  opener = chip;
  list.scrollTop = 0;
  evidence.querySelector(".passage")?.scrollTo(0, target === evidence ? 0 : target.offsetTop - evidence.querySelector(".passage").offsetTop - 40);
}

function closePane() {
  pane.classList.remove("open");
  list.classList.remove("choosing", "all");
  document.querySelectorAll(".chip[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  hint.textContent = "Choose a source beside a line: its own fields appear here.";
  all.hidden = false;
  close.hidden = true;
  if (opener) opener.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("a.chip");
  if (!chip) return;
  event.preventDefault();
  choose(chip);
});
all.hidden = false;
all.addEventListener("click", () => {
  list.classList.remove("choosing");
  list.classList.add("all");
  hint.textContent = "Every source that a line of this page cites.";
});
close.addEventListener("click", closePane);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const panel = document.querySelector("details.panel[open]");
  if (panel) {
    panel.open = false;
    panel.querySelector("summary").focus();
  } else closePane();
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.panel[open]").forEach((panel) => {
    if (!panel.contains(event.target)) panel.open = false;
  });
});
// A link to the older summary opens its fold; a link to a sentence chooses its source.
if (location.hash === "#older-summary") document.getElementById("older-summary")?.setAttribute("open", "");
document.querySelectorAll("form").forEach((form) =>
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0)),
);
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

// The pane is never empty beside a text: it begins with the first line's source.
const first = document.querySelector(".reading a.chip");
if (first && !narrow.matches) {
  choose(first);
  hint.textContent = "The first line's source. Choose another beside any line.";
  opener = null;
}

listen({ choose });
watch(document.getElementById("main"));
loadPictures(document.querySelector("[data-load]"));
