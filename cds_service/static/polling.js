// While an AI summary is being prepared: say which step it is at, and offer it when it is ready.
const FIRST_MS = 2000;
const LONGEST_MS = 15000;
const GIVE_UP_MS = 30 * 60 * 1000;

export function watch(main) {
  if (main.dataset.polls !== "yes") return;
  const strip = document.getElementById("ai-state");
  const step = document.getElementById("ai-step");
  const words = document.getElementById("ai-words");
  const look = document.getElementById("ai-look");
  const began = Date.now();
  let wait = FIRST_MS;

  async function ask() {
    if (Date.now() - began > GIVE_UP_MS) return;
    try {
      const answer = await fetch(`${main.dataset.stateUrl}?basis=${main.dataset.basis}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (now.changed) {
        words.textContent = now.state === "ready" ? "The AI summary is ready." : `This page has changed: ${now.words}`;
        step.textContent = "";
        look.textContent = now.state === "ready" ? "Show it" : "Show the page as it is now";
        strip.classList.add("changed");
        return;
      }
      if (now.step) step.textContent = `Now: ${now.step}.`;
    } catch {
      step.textContent = "How far it is could not be asked just now.";
    }
    wait = Math.min(wait * 1.25, LONGEST_MS);
    setTimeout(ask, wait);
  }
  setTimeout(ask, wait);
}
