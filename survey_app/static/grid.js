// The table of entries as a spreadsheet: arrows and Enter move, blocks are pasted, each item is saved as it is left.
// Without this script the table is a form with one button, and the server checks it the same way.
"use strict";

(function () {
  const form = document.querySelector("form[data-grid]");
  if (!form) return;
  const RETRY_SECONDS = 5;
  const WAIT_SECONDS = 20;

  const panel = form.querySelector("[data-status]");
  const words = panel.dataset;
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const placeOf = (input) => input.name.slice(0, input.name.lastIndexOf("-"));
  const keyOf = (input) => input.name.slice(input.name.lastIndexOf("-") + 1);

  // Cells by row and column, and each item of each unit ("place") with its cells, its note and its version.
  const rows = Array.from(form.querySelectorAll("tbody tr"), (row) =>
    Array.from(row.querySelectorAll("td > input:not([type=hidden]):not([name$='-note'])"))
  ).filter((row) => row.length);
  const at = new Map();
  rows.forEach((row, y) => row.forEach((input, x) => at.set(input, { x, y })));
  const places = new Map();
  form.querySelectorAll("tbody td > input").forEach((input) => {
    const key = placeOf(input);
    if (!places.has(key)) {
      const unit = input.closest("tr").querySelector("th").textContent.trim();
      places.set(key, { key, unit, inputs: [], version: null, saved: null, sent: null, refused: null,
        due: false, late: false, faults: [], clash: null });
    }
    if (keyOf(input) === "version") places.get(key).version = input;
    else places.get(key).inputs.push(input);
  });
  const all = Array.from(places.values());
  const now = (place) => Object.fromEntries(place.inputs.map((input) => [keyOf(input), input.value]));
  const same = (one, other) => Boolean(one && other) && Object.keys(one).every((key) => one[key] === other[key]);
  all.forEach((place) => { place.saved = now(place); });

  let token = form.elements.csrf_token.value;
  let busy = false;
  let retry = 0;
  let trouble = "";
  let entered = null; // what the focused cell held when it was entered, for Esc
  const pastes = [];
  let pastedLast = false; // nothing was typed since, so that Ctrl+Z means the paste

  // ---- What is shown -------------------------------------------------------------------------------------

  function changedCells(place) {
    return place.inputs.filter((input) => input.value !== place.saved[keyOf(input)]);
  }

  function markOf(place, input) {
    if (place.clash) return ["clash", words.markClash];
    if (place.faults.some((fault) => fault.field === keyOf(input))) return ["wrong", words.markWrong];
    if (place.late && input.value !== place.saved[keyOf(input)]) return ["unsaved", words.markUnsaved];
    return ["", ""];
  }

  function showPlace(place) {
    let first = true;
    for (const input of place.inputs) {
      if (input.type === "hidden") continue;
      const cell = input.closest("td");
      const [kind, word] = place.clash && !first ? ["clash", ""] : markOf(place, input);
      first = false;
      ["clash", "wrong", "unsaved"].forEach((each) => cell.classList.toggle(`cell-${each}`, each === kind));
      if (word) cell.dataset.mark = word;
      else delete cell.dataset.mark;
      if (kind === "wrong" || kind === "clash") {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", `issue-${place.key}`);
      } else {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
      if (keyOf(input) === "note") input.title = input.value;
    }
  }

  function button(text, what, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button-second button-small";
    made.textContent = text;
    made.setAttribute("aria-label", `${text}: ${what}`);
    made.addEventListener("click", action);
    return made;
  }

  function issueOf(place) {
    const line = document.createElement("li");
    line.id = `issue-${place.key}`;
    const sentences = place.clash ? [place.clash.sentence] : place.faults.map((fault) => fault.sentence);
    const text = `${place.unit} · ${sentences.join("；")}`;
    line.append(text, " ");
    if (place.clash) {
      line.append(button(words.mine, text, () => takeMine(place)), " ", button(words.theirs, text, () => takeTheirs(place)));
    } else {
      const wrong = place.inputs.find((input) => keyOf(input) === place.faults[0].field) || place.inputs[0];
      line.append(button(words.show, text, () => enter(wrong)));
    }
    return line;
  }

  let listed = "";
  function show() {
    all.forEach(showPlace);
    const open = all.filter((place) => place.clash || place.faults.length);
    // A list that is as it was stays, and with it the focus on its buttons.
    const content = JSON.stringify(open.map((place) => [place.key, place.faults, place.clash]));
    if (content !== listed) part("issues").replaceChildren(...open.map(issueOf));
    listed = content;
    const wrong = open.reduce((sum, place) => sum + (place.clash ? 0 : place.faults.length), 0);
    const clashes = open.filter((place) => place.clash).length;
    const unsaved = all.filter((place) => !open.includes(place))
      .reduce((sum, place) => sum + changedCells(place).length, 0);
    const states = [];
    if (busy) states.push(words.saving);
    if (wrong) states.push(fill(words.wrong, { n: wrong }));
    if (clashes) states.push(fill(words.clash, { n: clashes }));
    if (unsaved && !busy) states.push(fill(words.unsaved, { n: unsaved }));
    part("summary").textContent = states.join(" · ") || words.saved;
    panel.classList.toggle("grid-open", Boolean(wrong || clashes || trouble));
    part("undo").hidden = !pastes.length;
    part("sign-in").hidden = trouble !== words.signedOut;
  }

  // Shown in the status line and read out.
  function say(sentence) {
    part("message").textContent = sentence;
    part("live").textContent = sentence;
  }

  // ---- Saving --------------------------------------------------------------------------------------------

  // An item is saved when the focus has left all its cells; one that was refused, when something in it changed.
  function leave(place) {
    const current = now(place);
    if (same(current, place.refused)) return;
    if (same(current, place.saved) && !place.clash && !place.faults.length) return;
    place.due = true;
  }

  function leaveAll() {
    all.forEach(leave);
    pump();
  }

  async function send(batch) {
    const body = new URLSearchParams();
    for (const place of batch) {
      place.due = false;
      place.sent = now(place);
      [...place.inputs, place.version].forEach((input) => body.append(input.name, input.value));
    }
    const answer = await fetch(form.dataset.grid, {
      method: "POST", body, headers: { "X-CSRFToken": token }, redirect: "manual",
      signal: AbortSignal.timeout(WAIT_SECONDS * 1000),
    });
    const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    return { answer, told: isJson ? await answer.json() : null };
  }

  // Whoever signed in again has a new token, which stands in a fresh copy of this page.
  async function renewToken() {
    const page = await fetch(window.location.href, { redirect: "manual" });
    if (!page.ok) return false;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    const field = fresh.querySelector("form[data-grid] input[name=csrf_token]");
    if (!field || field.value === token) return false;
    token = field.value;
    return true;
  }

  async function pump() {
    const batch = all.filter((place) => place.due);
    if (busy || !batch.length) {
      show();
      return;
    }
    busy = true;
    clearTimeout(retry);
    show();
    let again = false;
    try {
      let { answer, told } = await send(batch);
      const turnedAway = () => answer.type === "opaqueredirect" || (answer.status === 400 && !told);
      if (turnedAway() && (await renewToken())) ({ answer, told } = await send(batch));
      if (answer.ok && told) apply(told);
      else if (turnedAway()) keep(batch, words.signedOut);
      else if (told && told.refused) keep(batch, told.refused);
      else again = true;
    } catch {
      again = true;
    }
    busy = false;
    if (again) {
      keep(batch, words.offline);
      retry = setTimeout(leaveLate, RETRY_SECONDS * 1000);
    }
    if (!trouble && all.some((place) => place.due)) pump();
    else show();
  }

  function leaveLate() {
    all.filter((place) => place.late).forEach(leave);
    pump();
  }

  function keep(batch, sentence) {
    batch.forEach((place) => {
      place.late = true;
      place.refused = null;
    });
    if (trouble !== sentence) say(sentence);
    trouble = sentence;
  }

  function apply(told) {
    if (trouble) say("");
    trouble = "";
    const news = [];
    for (const each of told.saved) news.push(...settle(places.get(each.place), each));
    const refused = new Map();
    for (const each of told.faults) refused.set(each.place, [...(refused.get(each.place) || []), each]);
    for (const [key, faults] of refused) {
      const place = places.get(key);
      if (same(now(place), place.sent)) place.due = false;
      Object.assign(place, { faults, clash: null, late: false, refused: place.sent });
      news.push(...faults.map((fault) => fault.sentence));
    }
    for (const each of told.conflicts) {
      const place = places.get(each.place);
      if (same(now(place), place.sent)) place.due = false;
      Object.assign(place, { faults: [], clash: each, late: false, refused: place.sent });
      news.push(each.sentence);
    }
    if (news.length) say(news[0] + (news.length > 1 ? ` (${news.length})` : ""));
  }

  // What stands on the server now; it goes into the cells unless something else was typed meanwhile.
  function settle(place, standing) {
    const stands = standingOf(place, standing);
    const typedMeanwhile = !same(now(place), place.sent);
    const differs = place.inputs.some(
      (input) => stands[keyOf(input)] !== place.sent[keyOf(input)].normalize("NFKC").trim().replaceAll("−", "-")
        && keyOf(input) !== "note"
    );
    Object.assign(place, { saved: stands, faults: [], clash: null, late: false, refused: null });
    place.version.value = standing.version;
    const note = place.version.closest("td.note");
    if (note) note.dataset.state = standing.state;
    if (typedMeanwhile) {
      if (!place.inputs.includes(document.activeElement)) leave(place);
      return [];
    }
    place.due = false;
    put(place, stands);
    return differs ? [`${place.unit} · ${fill(words.changed, { who: standing.who })}`] : [];
  }

  function standingOf(place, standing) {
    return Object.fromEntries(place.inputs.map((input) => {
      const key = keyOf(input);
      return [key, key === "note" ? standing.note : standing.values[key] || ""];
    }));
  }

  function put(place, values) {
    place.inputs.forEach((input) => {
      if (input.value !== values[keyOf(input)]) input.value = values[keyOf(input)];
    });
  }

  function takeMine(place) {
    place.version.value = place.clash.version;
    place.refused = null;
    place.due = true;
    enter(place.inputs[0]);
    pump();
  }

  function takeTheirs(place) {
    const stands = standingOf(place, place.clash);
    place.version.value = place.clash.version;
    Object.assign(place, { saved: stands, faults: [], clash: null, late: false, refused: null });
    put(place, stands);
    enter(place.inputs[0]);
    show();
  }

  // ---- Moving about --------------------------------------------------------------------------------------

  function enter(input) {
    if (!input) return;
    input.focus();
    input.select();
  }

  function noteOf(input) {
    return places.get(placeOf(input)).inputs.find((each) => keyOf(each) === "note" && each.type !== "hidden");
  }

  function beside(input, down, right) {
    const { x, y } = at.get(input);
    return rows[y + down] && rows[y + down][x + right];
  }

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.isComposing || !input.matches("input") || !places.has(placeOf(input))) return;
    if (event.ctrlKey || event.metaKey) {
      // What a script filled in, the browser can't take back.
      if (event.key === "z" && !event.shiftKey && pastedLast && pastes.length) {
        event.preventDefault();
        undoPaste();
      }
      return;
    }
    if (event.altKey) return;
    if (!at.has(input)) {
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        if (event.key === "Escape" && entered) input.value = entered.value;
        enter(places.get(placeOf(input)).inputs[0]);
      }
      return;
    }
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    const caretAt = (end) => whole || (input.selectionStart === end && input.selectionEnd === end);
    let next;
    if (event.key === "F2" && event.shiftKey) next = noteOf(input);
    else if (event.key === "Enter") next = beside(input, event.shiftKey ? -1 : 1, 0) || input;
    else if (event.shiftKey) return;
    else if (event.key === "ArrowUp") next = beside(input, -1, 0) || input;
    else if (event.key === "ArrowDown") next = beside(input, 1, 0) || input;
    else if (event.key === "ArrowLeft" && caretAt(0)) next = beside(input, 0, -1);
    else if (event.key === "ArrowRight" && caretAt(input.value.length)) next = beside(input, 0, 1);
    else if (event.key === "Escape" && entered) {
      input.value = entered.value;
      input.select();
      show();
      return;
    }
    if (!next) return;
    event.preventDefault();
    if (next === input) leaveAll();
    enter(next);
  });

  form.addEventListener("focusin", (event) => {
    const input = event.target;
    if (!input.matches("input") || !places.has(placeOf(input))) return;
    entered = { input, value: input.value };
    if (at.has(input)) input.select();
  });

  form.addEventListener("focusout", (event) => {
    const input = event.target;
    const place = input.matches("input") && places.get(placeOf(input));
    if (!place || place.inputs.includes(event.relatedTarget)) return;
    leave(place);
    pump();
  });

  form.addEventListener("input", () => {
    pastedLast = false;
    show();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    all.forEach((place) => {
      if (!place.clash) place.refused = null;
    });
    leaveAll();
  });

  // ---- Pasting -------------------------------------------------------------------------------------------

  // Rows of cells as Excel and WPS copy them; a cell with a tab or a line break in it comes in quotes.
  function parse(text, quotes = true) {
    const block = [[""]];
    let quoted = false;
    for (let i = 0; i < text.length; i += 1) {
      const row = block[block.length - 1];
      const last = row.length - 1;
      if (quoted && text[i] === '"' && text[i + 1] === '"') {
        row[last] += '"';
        i += 1;
      } else if (text[i] === '"' && (quoted || (quotes && row[last] === ""))) quoted = !quoted;
      else if (quoted) row[last] += text[i];
      else if (text[i] === "\t") row.push("");
      else if (text[i] === "\n") block.push([""]);
      else row[last] += text[i];
    }
    return quoted ? parse(text, false) : block;
  }

  form.addEventListener("paste", (event) => {
    if (!at.has(event.target)) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    if (!/[\t\n]/.test(text)) return; // one value, which any field takes by itself
    event.preventDefault();
    const done = [];
    let outside = 0;
    parse(text).forEach((cells, down) => cells.forEach((cell, right) => {
      const value = cell.replace(/\s+/g, " ").trim();
      if (!value) return;
      const input = beside(event.target, down, right);
      if (!input) {
        outside += 1;
        return;
      }
      done.push({ input, before: input.value, after: value });
      input.value = value;
    }));
    if (done.length) pastes.push(done);
    pastedLast = done.length > 0;
    say(fill(words.pasted, { n: done.length }) + (outside ? fill(words.outside, { n: outside }) : ""));
    entered = { input: event.target, value: event.target.value };
    leaveAll();
  });

  function undoPaste() {
    const done = pastes.pop().filter(({ input, after, before }) => input.value !== before && sameTyped(input.value, after));
    done.forEach(({ input, before }) => { input.value = before; });
    const active = document.activeElement;
    if (at.has(active)) entered = { input: active, value: active.value };
    say(fill(words.undone, { n: done.length }));
    leaveAll();
  }

  // The server tidies what was typed (full-width digits), so a cell may differ from what was pasted by that.
  function sameTyped(one, other) {
    return one.normalize("NFKC").trim() === other.normalize("NFKC").trim();
  }

  part("undo").addEventListener("click", undoPaste);

  // ---- Setting up ----------------------------------------------------------------------------------------

  window.addEventListener("online", leaveLate);
  window.addEventListener("beforeunload", (event) => {
    if (busy || all.some((place) => changedCells(place).length || place.clash)) event.preventDefault();
  });
  // Tab goes from number to number; the notes are a click or Shift+F2 away.
  form.querySelectorAll("td > input[name$='-note']").forEach((note) => { note.tabIndex = -1; });
  form.querySelectorAll("[data-status], [data-keys]").forEach((hidden) => { hidden.hidden = false; });
  show();
})();
