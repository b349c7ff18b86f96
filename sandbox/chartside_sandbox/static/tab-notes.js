// Notes: newest first, the newest open; the text is made when it is asked for.
import { el } from "./dom.js";
import { attached, newest, when } from "./fhir.js";
import { concept, many, moment } from "./format.js";

export function notes(record) {
  const found = record.of("DocumentReference").sort(newest);
  if (!found.length) return el("section", {}, el("h2", {}, "Notes"), el("p", { class: "none" }, "No notes recorded."));
  return el("section", { class: "notes" }, el("h2", {}, `Notes (${found.length})`), found.map((one, at) => note(one, at === 0)),
    record.wrong("DocumentReference") ? el("p", { class: "hint" }, `${many(record.wrong("DocumentReference"), "note")} entered in error not shown.`) : null);
}

function note(one, isOpen) {
  const author = (one.author || []).map((each) => each.display).filter(Boolean).join(", ");
  const body = el("div", { class: "note" });
  const write = () => body.childNodes.length || body.append(...paragraphs(attached(one.content?.[0]?.attachment)));
  const fold = el("details", { open: isOpen, ontoggle: () => fold.open && write() },
    el("summary", {}, el("strong", {}, concept(one.type) || "Document"), el("span", { class: "at" }, moment(when(one))),
      author ? el("span", { class: "mark" }, author) : null,
      one.docStatus && one.docStatus !== "final" ? el("span", { class: "mark" }, one.docStatus) : null), body);
  if (isOpen) write();
  return fold;
}

// Blank lines part paragraphs; "# Title" and "[Title]" lines are how these notes head their sections.
export function paragraphs(text) {
  return text.split(/\n{2,}/).filter((block) => block.trim()).flatMap((block) => {
    const title = /^(?:#+ +(.+)|\[([^\]\n]{1,40})\])(?:\n|$)/.exec(block);
    const rest = title ? block.slice(title[0].length) : block;
    return [title ? el("h3", {}, title[1] || title[2]) : null, rest.trim() ? el("p", {}, rest.trimEnd()) : null].filter(Boolean);
  });
}
