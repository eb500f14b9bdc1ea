// Keeps what was typed on the device until the receipt, and sends it again while the line is bad. ES5 and what
// browsers of 2018 know; without this script, or where any of it is missing, the form is sent as any form is.
(function () {
  "use strict";
  var PREFIX = "answers:", WEEK = 7 * 24 * 3600 * 1000, WAITS = [1, 2, 4, 8, 15, 30], PATIENCE = 20000;
  var store = openStore();
  var main, form, key;               // the page as it stands now
  var pending = null;                // what is being sent: the same bytes, stamp included, at each try
  var busy = null, timer = null, tries = 0, strange = 0;

  function openStore() {
    try {
      window.localStorage.setItem(PREFIX, "");
      window.localStorage.removeItem(PREFIX);
      return window.localStorage;
    } catch (error) {
      return null; // switched off, or full
    }
  }

  function read(name) {
    try {
      var kept = JSON.parse(store.getItem(name));
      return kept && kept.until > Date.now() ? kept : null;
    } catch (error) {
      return null;
    }
  }

  function forget(name) {
    if (store) store.removeItem(name);
  }

  // Devices are shared: what is too old goes, whosever it is.
  function sweep() {
    for (var n = store.length - 1; n >= 0; n -= 1) {
      var name = store.key(n);
      if (name && name.indexOf(PREFIX) === 0 && !read(name)) forget(name);
    }
  }

  function isChoice(control) {
    return control.type === "radio" || control.type === "checkbox";
  }

  function isAnswer(control) {
    return control.name && control.type !== "hidden" && control.tagName !== "BUTTON" && control.tagName !== "FIELDSET";
  }

  function each(visit) {
    for (var n = 0; n < form.elements.length; n += 1) visit(form.elements[n]);
  }

  function answers() {
    var found = [];
    each(function (control) {
      if (isAnswer(control) && (isChoice(control) ? control.checked : control.value !== "")) {
        found.push([control.name, control.value]);
      }
    });
    return found;
  }

  function say(id, text) {
    var place = document.getElementById(id);
    if (!place) return;
    place.textContent = text;
    place.className = text ? "bad" : "";
  }

  function word(name) {
    return document.getElementById("sending").getAttribute("data-" + name);
  }

  function save() {
    if (!store) return;
    var found = answers(), closing = Number(form.getAttribute("data-until")) * 1000;
    var until = Math.min(Date.now() + WEEK, closing || Infinity);
    try {
      if (found.length) store.setItem(key, JSON.stringify({ until: until, answers: found }));
      else forget(key);
    } catch (error) { /* full: the page itself still holds it */ }
    document.getElementById("kept").hidden = !read(key);
  }

  function fill(found) {
    each(function (control) {
      if (!isAnswer(control)) return;
      var given = found.filter(function (pair) { return pair[0] === control.name; });
      if (isChoice(control)) {
        control.checked = given.some(function (pair) { return pair[1] === control.value; });
      } else {
        control.value = given.length ? given[0][1] : "";
      }
    });
  }

  function isFilledByServer() {
    var filled = false;
    each(function (control) {
      if (isAnswer(control) && (isChoice(control) ? control.defaultChecked : control.defaultValue)) filled = true;
    });
    return filled;
  }

  function begin() {
    main = document.querySelector("main");
    key = PREFIX + main.getAttribute("data-device");
    form = main.querySelector("form[data-keep]");
    pending = busy = null;
    clearTimeout(timer);
    if (!store) return;
    sweep();
    if (!form) {
      // The receipt, or a round that is closed: nothing is left to be sent.
      if (main.hasAttribute("data-done")) forget(key);
    } else if (isFilledByServer()) {
      save(); // sent back for correction: what came back is the newest
    } else {
      var kept = read(key);
      if (!kept) return;
      fill(kept.answers);
      document.getElementById("kept").hidden = false;
      var note = document.getElementById("restored");
      note.className = "good";
      note.textContent = note.getAttribute("data-text");
    }
  }

  // Show the page that the server answered with; false when it isn't ours, as of a hotel's network.
  function show(request) {
    var page = new DOMParser().parseFromString(request.responseText, "text/html");
    var next = page.querySelector("main[data-page]");
    if (!next) return false;
    main.parentNode.replaceChild(document.importNode(next, true), main);
    document.title = page.title;
    begin();
    var target = document.getElementById("faults") || main.querySelector("h1");
    if (target) {
      target.setAttribute("tabindex", "-1");
      target.focus();
    }
    window.scrollTo(0, 0);
    return true;
  }

  function later() {
    busy = null;
    var seconds = WAITS[Math.min(tries, WAITS.length - 1)];
    tries += 1;
    say("sending", word("waiting").replace("%s", seconds));
    timer = setTimeout(send, seconds * 1000);
  }

  function send() {
    clearTimeout(timer);
    var request = busy = new XMLHttpRequest();
    say("sending", word("sending"));
    request.open("POST", pending.address);
    request.timeout = PATIENCE;
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.onload = function () {
      if (request.status < 500 && request.status !== 429) {
        if (show(request)) return;
        strange += 1;
        if (strange > 2) {
          pending.form.submit(); // as without script: whatever it is, the person sees it
          return;
        }
      }
      later();
    };
    request.onerror = request.ontimeout = later;
    request.send(pending.body);
  }

  function sendNow() {
    if (pending && !busy) send();
  }

  function body() {
    var pairs = [];
    each(function (control) {
      if (control.name && control.tagName !== "FIELDSET" && control.tagName !== "BUTTON" && (!isChoice(control) || control.checked)) {
        pairs.push(encodeURIComponent(control.name) + "=" + encodeURIComponent(control.value));
      }
    });
    return pairs.join("&");
  }

  function changed(event) {
    if (!form || event.target.form !== form) return;
    save();
    if (pending && !busy) {
      pending = null;
      clearTimeout(timer);
      say("sending", word("changed"));
    }
  }

  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  document.addEventListener("submit", function (event) {
    if (!form || event.target !== form || !window.XMLHttpRequest || !window.DOMParser) return;
    event.preventDefault();
    if (busy) return;
    save();
    pending = { form: form, address: form.getAttribute("action") || window.location.href.split("#")[0], body: body() };
    tries = strange = 0;
    send();
  });
  document.addEventListener("click", function (event) {
    if (!form || event.target.id !== "forget") return;
    fill([]);
    save();
    say("restored", "");
    main.querySelector("h1").setAttribute("tabindex", "-1");
    main.querySelector("h1").focus();
  });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) sendNow();
  });
  window.addEventListener("online", sendNow);
  // A page that comes back from the browser's memory may have been answered meanwhile.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && form && store) window.location.reload();
  });
  // Another tab got the receipt, or cleared what was typed.
  window.addEventListener("storage", function (event) {
    if (form && !pending && event.key === key && event.newValue === null) window.location.reload();
  });
  begin();
})();
