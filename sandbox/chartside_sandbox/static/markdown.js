// The Markdown that cards use: paragraphs, bullet lists, bold, emphasis, escapes. All else is shown as it is written; no HTML.
import { el, lines } from "./dom.js";

export function render(text) {
  return el("div", { class: "detail" }, text.split(/\n{2,}/).filter(Boolean).map((block) => {
    const rows = block.split("\n");
    return rows.every((row) => row.startsWith("- "))
      ? el("ul", {}, rows.map((row) => el("li", {}, inline(row.slice(2)))))
      : el("p", {}, inline(rows.join(" ")));
  }));
}

// As the public CDS Hooks Sandbox does it: HTML in a card is rendered. What the page may load, its policy decides.
export function renderRaw(text) {
  const box = el("div", { class: "detail" });
  box.innerHTML = text.split(/\n{2,}/).filter(Boolean).map((block) => {
    const rows = block.split("\n");
    return rows.every((row) => row.startsWith("- "))
      ? `<ul>${rows.map((row) => `<li>${marked(row.slice(2))}</li>`).join("")}</ul>`
      : `<p>${marked(rows.join(" "))}</p>`;
  }).join("");
  return box;
}

function marked(text) {
  return text
    .replace(/\\([!-/:-@[-`{-~])/g, (_, char) => `&#${char.charCodeAt(0)};`)
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/(?<![\w*])\*([^*]+)\*/g, "<em>$1</em>");
}

function inline(text) {
  return text.split(/(\*\*(?:\\.|[^*\\])+\*\*|(?<![\w\\*])\*(?:\\.|[^*\\])+\*)/).flatMap((piece) => {
    if (piece.startsWith("**") && piece.length > 4) return el("strong", {}, lines(plain(piece.slice(2, -2))));
    if (piece.startsWith("*") && piece.length > 2) return el("em", {}, lines(plain(piece.slice(1, -1))));
    return lines(plain(piece));
  });
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"' };

function plain(text) {
  return text.replace(/\\([!-/:-@[-`{-~])|&(?:lt|gt|amp|quot);/g, (found, char) => char ?? ENTITIES[found]);
}
