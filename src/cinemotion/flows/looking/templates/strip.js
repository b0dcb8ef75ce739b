// The strip above the arcs: barcode, scenes and shots, on the time axis of the arcs.
"use strict";
const filmStrip = (data, { clock, percent, colour, now, show, all }) => {
  const canvas = document.getElementById("strip");
  const picture = document.getElementById("barcode");
  const figure = canvas.closest("figure");
  const sides = { left: 52, right: 14 }; // as the arcs'
  const scenes = data.scenes || [];
  const rows = []; // [what, top, height], in pixels
  let top = 0;
  const row = (what, height) => { rows.push([what, top, height]); top += height + 4; };
  if (picture) row("barcode", 56);
  if (scenes.length) row("scenes", 28);
  row("shots", 12);
  const tall = top - 4;
  let range = [data.start, data.end];
  let hidden = new Set();
  let head = null; // where the film is, where there is one that plays
  figure.classList.add("drawn");

  const width = () => canvas.clientWidth - sides.left - sides.right;
  const place = (seconds) => sides.left + ((seconds - range[0]) / (range[1] - range[0])) * width();
  const instant = (x) => range[0] + ((x - sides.left) / width()) * (range[1] - range[0]);

  // The first of what begins and ends, in order, that ends behind an instant.
  function at(list, seconds) {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle][1] > seconds) high = middle; else low = middle + 1;
    }
    return low;
  }

  function draw(shown, off) {
    [range, hidden] = [shown, off];
    const scale = devicePixelRatio || 1;
    canvas.style.height = `${tall}px`;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
    canvas.height = Math.round(tall * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.beginPath();
    pen.rect(sides.left, 0, Math.max(0, width()), tall);
    pen.clip();
    rows.forEach(([what, y, height]) => paint[what](pen, y, height));
    if (head !== null) {
      pen.fillStyle = colour("--bad");
      pen.fillRect(place(head) - 1, 0, 2, tall);
    }
  }

  const paint = {
    barcode(pen, y, height) {
      if (!picture.complete || !picture.naturalWidth) return;
      pen.imageSmoothingEnabled = range[1] - range[0] > (data.end - data.start) * 0.99;
      pen.drawImage(picture, 0, 0, picture.naturalWidth, picture.naturalHeight,
        place(data.start), y, place(data.end) - place(data.start), height);
    },
    scenes(pen, y, height) {
      for (let k = at(scenes, range[0]); k < scenes.length && scenes[k][0] < range[1]; k += 1) {
        const [from, to, mix] = scenes[k];
        const [left, right] = [place(from), place(to)];
        const gap = right - left > 3 ? 1 : 0;
        pen.fillStyle = colour("--line");
        pen.fillRect(left + gap, y, right - left - gap, height);
        let bottom = y + height;
        (mix || []).forEach((share, each) => {
          if (!hidden.has(each)) {
            pen.fillStyle = data.colours[each];
            pen.fillRect(left + gap, bottom - share * height, right - left - gap, share * height);
          }
          bottom -= share * height;
        });
      }
    },
    shots(pen, y, height) {
      const tones = [colour("--soft"), colour("--line")];
      for (let k = at(data.shots, range[0]); k < data.shots.length; k += 1) {
        const [from, to] = data.shots[k];
        if (from >= range[1]) break;
        pen.fillStyle = tones[k % 2];
        pen.fillRect(place(from), y, place(to) - place(from), height);
      }
    },
  };

  function under(event) {
    const box = canvas.getBoundingClientRect();
    const seconds = instant(event.clientX - box.left);
    return seconds < data.start || seconds > data.end ? null : seconds;
  }

  function words(seconds) {
    const said = [clock(seconds)];
    const k = at(scenes, seconds);
    if (k < scenes.length) {
      const [from, to, mix, who, more] = scenes[k];
      const shares = (mix || []).map((share, each) => [data.classes[each], share])
        .sort((a, b) => b[1] - a[1]).slice(0, 3)
        .map(([name, share]) => `${name} ${percent(share)}`).join(", ");
      const names = who.join(", ") + (more ? ` and ${more} more` : "");
      said.push(`scene ${k + 1} (${clock(from)} to ${clock(to)})`
        + `${names ? `, ${names}` : ""}: ${shares || "no faces"}`);
    }
    const shot = at(data.shots, seconds);
    if (shot < data.shots.length) said.push(`shot ${shot + 1}`);
    return said.join("; ");
  }

  canvas.addEventListener("mousemove", (event) => {
    const seconds = under(event);
    if (seconds !== null) now.textContent = words(seconds);
  });
  canvas.addEventListener("click", (event) => {
    const seconds = under(event);
    if (seconds === null) return;
    const scene = scenes[at(scenes, seconds)];
    if (scene) show(scene[0], scene[1]);
    canvas.dispatchEvent(new CustomEvent("instant", { detail: seconds, bubbles: true }));
  });
  document.addEventListener("playhead", (event) => {
    head = event.detail;
    draw(range, hidden);
  });
  canvas.addEventListener("dblclick", all);
  document.querySelectorAll(".go").forEach((button) => {
    button.addEventListener("click", () => {
      show(Number(button.dataset.from), Number(button.dataset.to));
      figure.scrollIntoView({ block: "center" });
    });
  });
  if (picture) picture.addEventListener("load", () => draw(range, hidden));
  addEventListener("resize", () => draw(range, hidden));
  return { draw };
};
