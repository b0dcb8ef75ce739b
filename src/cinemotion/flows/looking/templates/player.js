// The film beside an analysis' page: what is clicked leads into it, and arcs show where it is.
// What has data-seconds leads to that instant, and so does the event "instant", which the strip
// sends; "playhead" tells it where the film is. Instants are the film's; its copy may begin at
// another one.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const film = document.getElementById("player");
  const plots = [...document.querySelectorAll(".plot[data-person]")];
  const still = 5; // pixels that a click may move; more is a drag
  const inside = 0.001; // seconds: the page's instants are rounded, and a picture begins at one
  let down = null; // where the pointer went down
  let asked = false; // whether the next picture will place the lines

  const heads = new Map(plots.map((place) => {
    const head = document.createElement("div");
    head.className = "playhead";
    head.hidden = true;
    place.append(head);
    return [place, head];
  }));

  function lost() {
    document.getElementById("lost").hidden = false;
    film.hidden = true;
  }

  function jump(seconds) {
    const last = Number.isFinite(film.duration) ? film.duration : Infinity;
    film.currentTime = Math.min(Math.max(seconds - data.zero + inside, 0), last);
    place();
  }

  function toggle() {
    if (film.paused) film.play().catch(() => {});
    else film.pause();
  }

  function place() {
    const now = film.currentTime + data.zero;
    plots.forEach((plot) => {
      const axis = plot._fullLayout?.xaxis;
      const size = plot._fullLayout?._size;
      if (!axis || !size) return;
      const at = axis.l2p(now);
      const head = heads.get(plot);
      head.hidden = film.hidden || at < 0 || at > axis._length;
      head.style.left = `${axis._offset + at}px`;
      head.style.top = `${size.t}px`;
      head.style.height = `${size.h}px`;
    });
    document.dispatchEvent(new CustomEvent("playhead", { detail: film.hidden ? null : now }));
  }

  function follow() {
    place();
    if (film.paused || asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; follow(); });
  }

  // Plotly keeps clicks to itself, so that the pointer is watched before it.
  plots.forEach((plot) => {
    plot.addEventListener("pointerdown", (event) => {
      down = event.button === 0 ? { plot, x: event.clientX, y: event.clientY } : null;
    }, true);
    plot.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && plot.dataset.cursor) jump(Number(plot.dataset.cursor));
      else if (event.key === " ") toggle();
      else return;
      event.preventDefault();
    });
    plot.on("plotly_afterplot", place);
  });
  addEventListener("pointerup", (event) => {
    const from = down;
    down = null;
    if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) > still) return;
    const axis = from.plot._fullLayout.xaxis;
    const x = event.clientX - from.plot.getBoundingClientRect().left - axis._offset;
    if (x >= 0 && x <= axis._length) jump(axis.p2l(x));
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-seconds]");
    if (button) jump(Number(button.dataset.seconds));
  });
  document.addEventListener("instant", (event) => jump(event.detail));

  ["play", "pause", "seeking", "seeked", "timeupdate", "loadedmetadata"].forEach((name) => {
    film.addEventListener(name, follow);
  });
  film.addEventListener("error", lost);
  if (film.error) lost(); // it may have failed before this script ran
  place();
})();
