// A day's run: look again while it moves; without this script the page refreshes itself.
const EVERY_MS = 1500;

async function look() {
  const run = document.getElementById("run");
  if (!run || run.dataset.moves !== "yes") return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("run");
    if (fresh && fresh.dataset.moves === "no") return location.reload(); // its buttons and tables are others now
    if (fresh) run.replaceWith(fresh);
  } catch {
    // The next look may get through.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
