// A questionnaire that nobody touches goes back to the start, so that the next person doesn't find it.
"use strict";
(function () {
  const page = document.querySelector("[data-idle-seconds]");
  const leave = function () { location.replace(page.dataset.start); };
  let timer = 0;
  const wait = function () {
    clearTimeout(timer);
    timer = setTimeout(leave, Number(page.dataset.idleSeconds) * 1000);
  };
  ["pointerdown", "keydown", "input", "scroll", "touchmove"].forEach(function (name) {
    addEventListener(name, wait, { passive: true, capture: true });
  });
  // A page that the browser kept alive is somebody else's.
  addEventListener("pageshow", function (event) { if (event.persisted) { leave(); } });
  wait();
})();
