// Keeping what is taken down in a call: saved at every answer, kept on this device until it is; what came
// between is shown as it comes, and how long the call has lasted.
"use strict";

(function () {
  const POLL = 10000, PAUSE = 400, RETRY = 4000, LONGEST = 3 * 3600 * 1000;
  const form = document.querySelector("form[data-draft]");

  const clock = document.querySelector("[data-clock]");
  if (clock) {
    const begun = performance.now() - Number(clock.dataset.clock) * 1000;
    const told = document.createElement("strong");
    clock.append(" · ", told);
    const tick = () => {
      const seconds = Math.max(0, Math.floor((performance.now() - begun) / 1000));
      told.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    setInterval(tick, 1000);
  }
  if (!form) return;

  const status = form.querySelector(".call-save");
  const place = `call ${form.dataset.draft}`;
  let revision = Number(form.dataset.revision);
  let timer = null, going = Promise.resolve(), running = false, dirty = false, ended = false, state = "going_on";

  form.querySelectorAll("[data-plain]").forEach((button) => { button.hidden = true; });

  function say(text, wrong) {
    status.textContent = text;
    status.classList.toggle("call-unsaved", Boolean(wrong));
  }

  // The device's copy is there only while the server has none: it goes with the next save.
  function onDevice(fields) {
    try {
      if (fields) localStorage.setItem(place, JSON.stringify({ at: Date.now(), call: form.dataset.call, fields }));
      else localStorage.removeItem(place);
    } catch (_full) { /* no room or none allowed: the server's copy has to do */ }
  }

  function fieldsNow() {
    return Array.from(new FormData(form)).filter(([name]) => name !== "csrf_token");
  }

  function restore() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(place)); } catch (_broken) { kept = null; }
    if (!kept) return;
    if (kept.call !== form.dataset.call || Date.now() - kept.at > LONGEST) { onDevice(null); return; }
    form.querySelectorAll("input, textarea").forEach((input) => {
      if (input.type === "hidden") return;
      const values = kept.fields.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.matches("[type=radio], [type=checkbox]")) input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
    });
    changed();
  }

  function show(now) {
    if (!now || now === state) return;
    state = now;
    document.querySelectorAll("[data-live]").forEach((notice) => { notice.hidden = notice.dataset.live !== now; });
    const shown = document.querySelector(`[data-live="${now}"]`);
    if (shown) shown.scrollIntoView({ block: "nearest" });
  }

  // Nothing is sent in that counts twice, or that is nobody's any more.
  function isStopped() {
    return state === "answered" || state === "lost";
  }

  async function save() {
    if (running || ended || isStopped()) return;
    running = true;
    dirty = false;
    revision += 1;
    say(status.dataset.saving);
    const body = new FormData(form);
    body.set("revision", String(revision));
    let wait = null;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual" });
      const told = answer.type !== "opaqueredirect" && (answer.ok || [404, 409].includes(answer.status))
        ? await answer.json() : {};
      if (answer.type === "opaqueredirect") {
        say(status.dataset.signedOut, true);
        wait = RETRY;
      } else if (answer.ok && told.revision !== revision) {
        say(status.dataset.older, true);
        ended = true;
      } else if (answer.ok) {
        say(status.dataset.saved);
        if (!dirty) onDevice(null);
      } else if (answer.status === 409) {
        say(told.refused, true);
      } else if (answer.status !== 404) {
        throw new Error(String(answer.status));
      }
      show(told.state);
    } catch (_failed) {
      say(status.dataset.unsaved, true);
      wait = RETRY;
    }
    running = false;
    if (dirty) soon(PAUSE);
    else if (wait) soon(wait);
  }

  // What else is sent from this page waits for what was said before it, but not for long.
  document.addEventListener("submit", (event) => {
    const other = event.target;
    if (other === form || other.dataset.waited || ended || isStopped() || !(dirty || running)) return;
    event.preventDefault();
    other.dataset.waited = "1";
    const saved = running ? going : keepNow();
    Promise.race([saved, new Promise((done) => setTimeout(done, 2000))]).then(() => other.submit());
  });

  function keepNow() {
    clearTimeout(timer);
    going = save();
    return going;
  }

  function soon(wait) {
    clearTimeout(timer);
    timer = setTimeout(keepNow, wait);
  }

  function changed(event) {
    dirty = true;
    onDevice(fieldsNow());
    // Consent goes on record the moment it is given.
    if (event && event.target.name === "consent") keepNow();
    else soon(PAUSE);
  }

  form.addEventListener("input", changed);
  document.addEventListener("dialled", () => changed());
  form.addEventListener("submit", (event) => {
    if (isStopped()) {
      event.preventDefault();
      const way = document.querySelector(`[data-live="${state}"] .button`);
      if (way) way.focus();
      return;
    }
    ended = true;
    clearTimeout(timer);
    onDevice(null);
  });
  // A page that is left takes with it what the pause hadn't sent yet.
  window.addEventListener("pagehide", () => {
    if (!dirty || ended || isStopped()) return;
    const body = new FormData(form);
    body.set("revision", String(revision + 1));
    fetch(form.dataset.draft, { method: "POST", body, keepalive: true });
  });

  async function look() {
    try {
      const answer = await fetch(form.dataset.state, { redirect: "manual" });
      if (answer.ok) show((await answer.json()).state);
    } catch (_offline) { /* the next look will tell */ }
  }
  setInterval(() => { if (!document.hidden && !isStopped()) look(); }, POLL);
  window.addEventListener("focus", look);
  restore();
})();
