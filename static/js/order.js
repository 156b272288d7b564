// Looks whether the order's page would say something else by now, and fetches it anew when it would.
const order = document.querySelector("[data-status]");
const opened = Date.now();
let timer = 0;
let isLeaving = false; // a reload would call off the request that a click has just begun
addEventListener("submit", () => { isLeaving = true; });
addEventListener("pageshow", () => { isLeaving = false; });

function pause() {
  const age = Date.now() - opened;
  if (document.hidden) return 30000;
  if (age < 60000) return 2000;
  return age < 900000 ? 5000 : 60000; // slower, but never given up while the page is open
}

async function look() {
  try {
    const answer = await fetch(order.dataset.status, { signal: AbortSignal.timeout(8000) });
    if (answer.ok && (await answer.json()).version !== order.dataset.version && !isLeaving) {
      location.reload();
      return;
    }
  } catch {
    // No connection now; the next look may have one.
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, pause() * (0.8 + 0.4 * Math.random()));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  clearTimeout(timer);
  look();
});
plan();
