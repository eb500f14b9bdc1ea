// The call page by keyboard: 1 2 3 … choose in the focused question, Enter goes to the next one.
// Without this script the page works by mouse and Tab as any form does.
"use strict";

(function () {
  const TYPED = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select";
  const CHOICE = "input[type=radio], input[type=checkbox]";

  function isShown(element) {
    return element.getClientRects().length > 0 && !element.disabled;
  }

  // A question is the nearest fieldset or field; its own choices answer to the digits, not those it opens.
  function questionOf(element) {
    return element.closest("fieldset, .field");
  }

  function choicesIn(question) {
    return Array.from(question.querySelectorAll(CHOICE)).filter(
      (input) => isShown(input) && questionOf(input) === question
    );
  }

  // Every control that a person can stand on, in order; of a group of radios only one.
  function stops(form) {
    const seen = new Set();
    return Array.from(form.querySelectorAll(`${CHOICE}, ${TYPED}, button`)).filter((control) => {
      if (!isShown(control)) return false;
      const group = control.matches(CHOICE) ? `${control.type} ${control.name}` : null;
      if (group === null) return true;
      if (seen.has(group)) return false;
      seen.add(group);
      return true;
    });
  }

  function chosenOf(form, control) {
    if (control.type !== "radio") return control;
    return Array.from(form.querySelectorAll("input[type=radio]")).find(
      (radio) => radio.name === control.name && radio.checked
    ) || control;
  }

  // "Not now" and "no" at the opening lead to the form that records them, where they are chosen already.
  function leave(radio) {
    const outcome = document.querySelector(`input[name=outcome][value="${radio.dataset.outcome}"]`);
    if (!outcome) return;
    outcome.checked = true;
    const time = document.getElementById("appointment_at");
    (radio.dataset.outcome === "appointment" && time ? time : outcome).focus();
  }

  function goOn(form, from) {
    if (from.dataset.outcome && from.checked) {
      leave(from);
      return;
    }
    const all = stops(form);
    const here = all.findIndex(
      (control) => control === from || (from.matches(CHOICE) && control.name === from.name)
    );
    // A number that was typed needs none of the boxes beside it ("can't remember"); a duration needs its unit.
    const answered = from.matches(TYPED) && from.value !== "";
    const next = all.slice(here + 1).find(
      (control) => !(answered && control.type === "checkbox" && questionOf(control) === questionOf(from))
    );
    if (next) chosenOf(form, next).focus();
  }

  function choose(question, place) {
    const choice = choicesIn(question)[place];
    if (!choice) return false;
    choice.focus();
    choice.click();
    if (choice.dataset.outcome) leave(choice);
    return true;
  }

  document.querySelectorAll("[data-keys-hint]").forEach((hint) => {
    hint.hidden = false;
  });

  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  document.querySelectorAll("form[data-keys]").forEach((form) => {
    form.addEventListener("keydown", (event) => {
      const control = event.target;
      if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      if (control.matches("button, textarea, a, summary")) return;
      if (event.key === "Enter") {
        event.preventDefault();
        goOn(form, control);
        return;
      }
      if (control.matches(CHOICE) && /^[1-9]$/.test(event.key)) {
        const question = questionOf(control);
        if (question && choose(question, Number(event.key) - 1)) event.preventDefault();
      }
    });
  });

  // A number that is clicked is written down as dialled, without losing what was typed.
  document.querySelectorAll("a[data-dial]").forEach((link) => {
    link.addEventListener("click", () => {
      const form = document.getElementById(link.dataset.dial);
      if (!form) return;
      fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).then((answer) => {
        const note = form.querySelector("[data-dialled]");
        if (answer.ok && note) note.textContent = note.dataset.dialled;
        else window.location.reload();
      });
    });
  });
})();
