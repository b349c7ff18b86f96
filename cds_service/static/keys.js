// j and k move between lines, Enter opens a line's source, r goes to the review button, ? lists the keys.
const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

function visibleLines() {
  return [...document.querySelectorAll(".reading .line")].filter((line) => line.offsetParent !== null);
}

export function listen({ choose }) {
  let current = null;

  function move(step) {
    const lines = visibleLines();
    const at = lines.indexOf(current);
    const next = lines[Math.min(Math.max(at + step, 0), lines.length - 1)];
    if (!next) return;
    current?.classList.remove("current");
    current = next;
    current.classList.add("current");
    current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "nearest" });
  }

  function openSource() {
    const chips = current ? [...current.querySelectorAll("a.chip")] : [];
    const at = chips.findIndex((chip) => chip.getAttribute("aria-current") === "true");
    if (chips.length) choose(chips[(at + 1) % chips.length]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const dialog = document.getElementById("keys");
    switch (event.key) {
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "Enter":
        if (event.target !== current) return;
        openSource();
        break;
      case "r":
        document.getElementById("reviewed")?.focus();
        break;
      case "?":
        if (dialog.open) dialog.close();
        else dialog.showModal();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
