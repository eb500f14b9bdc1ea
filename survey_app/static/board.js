// The board fetches its changing part again; without this script the refresh link does.
"use strict";

(function () {
  const EVERY = 15000;
  const board = document.getElementById("board");
  const asOf = document.getElementById("board-as-of");
  const live = document.getElementById("board-live");
  const lost = document.getElementById("board-lost");
  let tag = null;

  // Tables keep how far they were scrolled sideways; nothing in the part takes typing.
  function replace(html) {
    const before = Array.from(board.querySelectorAll(".table-wrap"), (table) => table.scrollLeft);
    const focused = Array.from(board.querySelectorAll(".table-wrap")).indexOf(document.activeElement);
    board.innerHTML = html;
    board.querySelectorAll(".table-wrap").forEach((table, place) => {
      table.scrollLeft = before[place] || 0;
      if (place === focused) table.focus({ preventScroll: true });
    });
  }

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(board.dataset.part, {
        headers: tag ? { "If-None-Match": tag } : {},
        cache: "no-store",
        redirect: "error",
      });
      if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
      if (answer.status === 200) {
        tag = answer.headers.get("ETag");
        replace(await answer.text());
      }
      asOf.textContent = answer.headers.get("X-As-Of") || asOf.textContent;
      lost.hidden = true;
      live.hidden = false;
    } catch {
      lost.hidden = false;
      live.hidden = true;
    }
  }

  live.hidden = false;
  window.setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
})();
