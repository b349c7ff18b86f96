// The markdown that cards use: paragraphs, bullet lists, bold, escapes. Everything else is shown as it is written.
import { el } from "./dom.js";

export function render(text) {
  const root = el("div", { class: "detail" });
  for (const block of text.split(/\n{2,}/)) {
    const lines = block.split("\n");
    if (lines.every((line) => line.startsWith("- "))) {
      root.append(el("ul", {}, ...lines.map((line) => el("li", {}, ...inline(line.slice(2))))));
    } else {
      root.append(el("p", {}, ...inline(lines.join(" "))));
    }
  }
  return root;
}

function inline(text) {
  const nodes = [];
  for (const piece of text.split(/(\*\*(?:\\.|[^*\\])+\*\*|(?<![\w\\*])\*(?:\\.|[^*\\])+\*)/)) {
    if (piece.startsWith("**") && piece.length > 4) nodes.push(el("strong", {}, plain(piece.slice(2, -2))));
    else if (piece.startsWith("*") && piece.length > 2) nodes.push(el("em", {}, plain(piece.slice(1, -1))));
    else if (piece) nodes.push(plain(piece));
  }
  return nodes;
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"' };

function plain(text) {
  return text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(/&(?:lt|gt|amp|quot);/g, (one) => ENTITIES[one]);
}
