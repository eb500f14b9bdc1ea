// The call page by keyboard: 1 2 3 … choose in the focused question, Enter goes to the next one, letters lead
// to the parts of the page.
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
    afterOutcome(outcome);
  }

  // Where a chosen outcome leads: to the moment of the call-back, to the note that it needs, or to the button.
  function afterOutcome(outcome) {
    const form = outcome.form;
    const target = outcome.dataset.leads && document.getElementById(outcome.dataset.leads);
    (target || form.querySelector("button")).focus();
  }

  function goOn(form, from) {
    if (from.dataset.outcome && from.checked) {
      leave(from);
      return;
    }
    if (from.name === "outcome" && from.checked) {
      afterOutcome(from);
      return;
    }
    if (from.name === "appointment_pick" && from.checked) {
      form.querySelector("button").focus();
      return;
    }
    const all = stops(form).filter((control) => !control.matches("[data-plain]"));
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
    if (choice.dataset.leads) afterOutcome(choice);
    return true;
  }

  // The choice that a key stands for: its own key where it has one, else its place.
  function choiceAt(question, key) {
    const choices = choicesIn(question);
    if (choices.some((choice) => choice.dataset.key)) {
      return choices.findIndex((choice) => choice.dataset.key === key);
    }
    return /^[1-9]$/.test(key) ? Number(key) - 1 : -1;
  }

  function isAnswered(form, control) {
    const question = questionOf(control);
    const own = Array.from(form.querySelectorAll(`${CHOICE}, ${TYPED}`)).filter(
      (each) => questionOf(each) === question
    );
    return own.some((each) => (each.matches(CHOICE) ? each.checked : each.value !== ""));
  }

  function firstOpen(form) {
    const all = stops(form).filter((control) => !control.matches("[data-plain]"));
    return all.find((control) => control.matches("button") || !isAnswered(form, control));
  }

  const asking = document.querySelector("#questionnaire form[data-keys]");
  const ways = {
    b: () => {
      const suggested = document.querySelector("[data-dial-button]:not(.button-second):not(:disabled)");
      return suggested || document.querySelector("[data-dial-button]:not(:disabled)");
    },
    k: () => asking && chosenOf(asking, document.getElementById("consent")),
    t: () => asking && firstOpen(asking),
    j: () => document.querySelector("input[name=outcome]:checked") || document.getElementById("outcome"),
    f: () => document.querySelector("[data-go-key=f]"),
  };

  // One question in focus: it is marked, and brought into view as a whole where it fits.
  document.addEventListener("focusin", (event) => {
    document.querySelectorAll(".q-now").forEach((each) => each.classList.remove("q-now"));
    const question = event.target.closest("form[data-keys]") && questionOf(event.target);
    if (!question) return;
    question.classList.add("q-now");
    const legend = question.querySelector("legend") || question;
    const place = legend.getBoundingClientRect();
    if (place.top < 0 || event.target.getBoundingClientRect().bottom > window.innerHeight - 120) {
      legend.scrollIntoView({ block: "center" });
    }
  });

  // The script follows: its opening until there is consent, its end at the last button.
  function tell(part) {
    document.querySelectorAll("details[data-part]").forEach((each) => {
      each.open = each.dataset.part === part;
    });
  }
  const PARTS = { yes: "opening", later: "appointment", no: "refusal" };
  document.querySelectorAll("input[name=consent]").forEach((radio) => {
    radio.addEventListener("change", () => tell(PARTS[radio.value]));
  });
  const last = document.querySelector("[data-submit]");
  if (last) last.addEventListener("focus", () => tell("closing"));

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    const control = event.target;
    if (control.matches(TYPED)) {
      if (event.key !== "Escape") return;
      const question = questionOf(control) || control;
      question.tabIndex = -1;
      question.focus();
      return;
    }
    if (event.defaultPrevented) return;
    const keys = document.getElementById("keys");
    if (event.key === "?" && keys) {
      keys.open = !keys.open;
      event.preventDefault();
      return;
    }
    const target = Object.hasOwn(ways, event.key) && ways[event.key]();
    if (!target) return;
    event.preventDefault();
    target.focus();
  });

  document.querySelectorAll("a[href='#consent'], a[href='#outcome']").forEach((link) => {
    link.addEventListener("click", (event) => {
      const target = link.hash === "#consent" ? ways.k() : ways.j();
      if (!target) return;
      event.preventDefault();
      target.focus();
    });
  });

  document.querySelectorAll("form[data-keys]").forEach((form) => form.classList.add("keys-on"));

  document.querySelectorAll("[data-keys-hint]").forEach((hint) => {
    hint.hidden = false;
  });

  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  document.querySelectorAll("form[data-keys]").forEach((form) => {
    form.addEventListener("keydown", (event) => {
      const control = event.target;
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
      if (control.matches("button, a, summary")) return;
      if (control.matches("textarea") && event.shiftKey) return;
      if (event.key === "Enter") {
        event.preventDefault();
        goOn(form, control);
        return;
      }
      if (control.matches(CHOICE)) {
        const question = questionOf(control);
        if (question && choose(question, choiceAt(question, event.key))) event.preventDefault();
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
        if (answer.ok && note) {
          note.textContent = note.dataset.dialled;
          document.dispatchEvent(new Event("dialled"));
        } else window.location.reload();
      });
    });
  });
})();
