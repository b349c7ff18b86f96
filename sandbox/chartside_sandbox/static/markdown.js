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
