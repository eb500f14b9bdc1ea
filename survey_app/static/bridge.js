// Follows a call that the bridge makes, without losing what was typed; without this script the page has a link.
"use strict";

(function () {
  const EVERY = 2000;
  const place = document.querySelector("[data-bridge]");
  if (!place || !place.querySelector("[data-live]")) return;
  let shown = null;

  function ended() {
    document.querySelectorAll("[data-bridge-call]").forEach((button) => {
      button.disabled = false;
    });
    const link = document.querySelector("[data-bridge-refresh]");
    if (link) link.hidden = true;
  }

  function follow() {
    fetch(place.dataset.bridge)
      .then((answer) => {
        if (!answer.ok || answer.redirected) throw new Error("not now");
        return answer.text();
      })
      .then((text) => {
        // Only a change is written, so that a screen reader says each state once.
        if (text !== shown) place.innerHTML = text;
        shown = text;
        if (place.querySelector("[data-live]")) setTimeout(follow, EVERY);
        else ended();
      })
      .catch(() => setTimeout(follow, 5 * EVERY));
  }

  setTimeout(follow, EVERY);
})();
