// The counter's page made quicker. Everything works without it, and nothing payable is decided here.
"use strict";
(() => {
  const root = document.getElementById("counter");
  if (!root) return;
  const words = root.dataset;
  const byId = (id) => document.getElementById(id);
  const face = () => (byId("face") || root).dataset; // the page before paying again has none: nothing to look for
  const skew = Date.parse(words.now) - Date.now(); // the server's clock decides
  const serverNow = () => Date.now() + skew;

  // Back and forward bring a page from memory: only the server knows what is true now.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // One click, one request --------------------------------------------------------------------------------------
  let sent = false;
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (sent) { event.preventDefault(); return; }
    sent = true; // the event has begun, so the form is sent although its button is disabled now
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    button.textContent = button.dataset.sending;
    byId("title").textContent = form.dataset.sendingTitle;
    tell(form.dataset.sendingLong);
    byId("title").focus();
    clearTimeout(timer);
    setTimeout(offerStatus, 20000);
  });

  // Never a second Pay button: after a long wait the way on is to look.
  function offerStatus() {
    const link = document.createElement("a");
    link.href = words.page;
    link.className = "button quiet";
    link.textContent = words.stay;
    byId("panel").append(link);
    sent = false; // the button stays as it is; only looking goes on
    plan(0);
  }

  // Looking, for as long as the page is open and something is awaited ---------------------------------------------
  let timer = 0, busy = false, errors = 0, etag = "", lastLook = 0, lost = "";
  let every = Number(words.poll);

  function plan(wait) {
    clearTimeout(timer);
    if (face().terminal === "1" || sent) return;
    const slow = document.hidden ? Math.max(wait, 30000) : wait;
    timer = setTimeout(look, slow * (1 + Math.random() * 0.2));
  }

  async function get(url, headers) {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), 8000);
    try {
      const answer = await fetch(url, { headers, cache: "no-store", credentials: "same-origin", signal: abort.signal });
      return { answer, text: answer.status === 200 ? await answer.text() : "" };
    } finally { clearTimeout(limit); }
  }

  async function look() {
    if (busy || sent) return;
    busy = true;
    lastLook = Date.now();
    let wait = every;
    try {
      const { answer, text } = await get(words.statusUrl, etag ? { "If-None-Match": etag } : {});
      if (answer.status === 429 || answer.status === 503) {
        wait = Math.max(every, (Number(answer.headers.get("Retry-After")) || 5) * 1000);
      } else if (answer.status === 200) {
        const told = JSON.parse(text);
        if (told.version !== face().version && !sent) await draw();
        else if (byId("checks") && byId("checks").dataset.checks !== String(told.checks)) await drawChecks();
        etag = answer.headers.get("ETag") || "";
        wait = every = told.poll_after_ms;
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      errors = 0;
      if (lost) { tell(lost); lost = ""; }
    } catch {
      errors += 1;
      wait = Math.min(30000, 1000 * 2 ** errors);
      if (errors === 2) { lost = byId("status").textContent.trim(); tell(words.lost); }
    } finally { busy = false; }
    plan(wait);
  }

  function lookSoon() {
    if (Date.now() - lastLook > Math.max(1000, every / 2) && face().terminal !== "1") plan(0);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) lookSoon(); });
  addEventListener("online", lookSoon);
  addEventListener("focus", lookSoon);

  function tell(text) { byId("status").textContent = text; }

  // The page's changing part, by the server's own template.
  async function fresh() {
    const { answer, text } = await get(words.panelUrl, {});
    if (answer.status !== 200 || sent) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(text, "text/html").getElementById("face");
  }

  async function draw() {
    const drawn = await fresh();
    const part = (id) => drawn.querySelector("#" + id);
    const isNews = ["title", "status"].some((id) => part(id).textContent.trim() !== byId(id).textContent.trim());
    const hadFocus = byId("panel").contains(document.activeElement);
    for (const id of ["summary", "panel", "tag"]) byId(id).replaceWith(part(id));
    Object.assign(byId("face").dataset, drawn.dataset);
    document.title = drawn.dataset.title;
    lost = "";
    if (isNews) {
      byId("title").textContent = part("title").textContent;
      byId("status").replaceChildren(...part("status").childNodes);
    }
    dress();
    // A change is read out once: the headline by the focus, the sentence by the live region.
    if (isNews || hadFocus) byId("title").focus();
  }

  // One more question was asked and nothing else is new: whoever reads the list keeps it open, and their place.
  async function drawChecks() {
    const old = byId("checks"), more = (await fresh()).querySelector("#checks");
    if (!more || !old.isConnected) return;
    const list = old.querySelector("details"), newList = more.querySelector("details");
    if (list && newList) newList.open = list.open;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(more);
    if (hadFocus && newList) newList.querySelector("summary").focus();
  }

  // Small comforts ----------------------------------------------------------------------------------------------
  function dress() {
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of root.querySelectorAll("[data-print], [data-bridge]")) button.hidden = false;
    tick();
  }

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("print" in button.dataset) print();
    if (button.dataset.copy) {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = byId("news").textContent = words.copied;
    }
  });

  // The countdown ends in a question to the server, never in a claim.
  let asked = "";
  const announced = new Set();
  function tick() {
    for (const spot of root.querySelectorAll("[data-until]")) {
      const until = spot.dataset.until;
      const s = Math.round((Date.parse(until) - serverNow()) / 1000);
      const text = s > 90 ? words.left.replace("{m}", Math.round(s / 60)) : words.leftShort.replace("{s}", Math.max(s, 0));
      spot.textContent = s > 0 ? text : words.zero;
      for (const mark of [300, 60]) {
        if (s <= mark && s > mark - 5 && !announced.has(until + mark)) {
          announced.add(until + mark);
          byId("news").textContent = text;
        }
      }
      if (s <= 0 && asked !== until) { asked = until; askNow(); }
    }
  }

  async function askNow() {
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (token && face().state.startsWith("waiting")) {
      const headers = { "X-CSRFToken": token.value, "Accept": "application/json" };
      try { await fetch(words.checkUrl, { method: "POST", headers, credentials: "same-origin" }); } catch { /* the next look tells */ }
    }
    plan(0);
  }

  setInterval(tick, 1000);
  dress();
  plan(every);
})();
