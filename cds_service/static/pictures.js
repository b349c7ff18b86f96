// Pictures of the chart's studies come after the text, from a page of their own.
export async function loadPictures(section) {
  if (!section) return;
  const hint = section.querySelector(".hint");
  hint.textContent = "The pictures are being fetched from the imaging server…";
  try {
    const answer = await fetch(section.dataset.load, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    section.replaceChildren(...page.getElementById("pictures").childNodes);
  } catch {
    hint.textContent = "The pictures could not be fetched from the imaging server.";
  }
}
