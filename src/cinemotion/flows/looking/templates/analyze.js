// The arcs of an analysis' page; the data lie beside it as JSON.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const plots = [...document.querySelectorAll(".plot[data-person]")];
  const now = document.getElementById("now");
  const keys = document.getElementById("keys");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coarse = matchMedia("(pointer: coarse)"); // a finger: it scrolls, and does not drag
  const still = 10; // pixels that a finger may move in a tap
  const config = { displaylogo: false, responsive: true, displayModeBar: false, doubleClick: false };
  const hidden = new Set(); // numbers of classes
  let range = [data.start, data.end]; // seconds that all plots show
  let cursor = null; // the plot and the instant where the keyboard is

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (share) => `${Math.round(100 * share)} %`;

  function clock(seconds) {
    const tenths = Math.round(Math.abs(seconds) * 10);
    const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
    const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
    const head = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
    return `${seconds < 0 && tenths ? "−" : ""}${head}:${rest}`;
  }

  function ticks() {
    const steps = [0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const wide = range[1] - range[0];
    const step = steps.find((each) => wide / each <= 8) || 7200;
    const values = [];
    for (let at = Math.ceil(range[0] / step) * step; at <= range[1]; at += step) values.push(at);
    return { tickvals: values, ticktext: values.map((value) => clock(value).replace(/\.0$/, "")) };
  }

  function axis(more) {
    const line = colour("--line");
    return { color: colour("--soft"), gridcolor: line, zerolinecolor: line, linecolor: line,
      fixedrange: true, ...more };
  }

  function words(person, at) {
    const shares = data.classes
      .map((name, k) => [name, person.probabilities[k][at]])
      .filter(([, share]) => share !== null)
      .sort((a, b) => b[1] - a[1]);
    const when = `${person.name}, ${clock(person.seconds[at])}`;
    if (!shares.length) return `${when}: not seen`;
    const frame = person.frames[at] === null ? "" : `, frame ${person.frames[at]}`;
    const said = shares.slice(0, 4).map(([name, share]) => `${name} ${percent(share)}`).join(", ");
    return `${when}${frame}: ${said}; valence ${person.valence[at].toFixed(2)}`;
  }

  function traces(person) {
    const x = person.seconds;
    const ink = colour("--accent");
    const band = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", xaxis: "x", yaxis: "y" };
    const drawn = [
      { ...band, y: person.low, connectgaps: false },
      { ...band, y: person.high, fill: "tonexty", fillcolor: `${ink}33`, connectgaps: false },
      { x, y: person.valence, mode: "lines", line: { color: ink, width: 2 }, hoverinfo: "none",
        xaxis: "x", yaxis: "y", connectgaps: false },
    ];
    // A band is closed across a gap unless its parts are drawn apart.
    const parts = split(person);
    drawn.splice(0, 2, ...parts.flatMap(([from, to]) => [
      { ...band, x: x.slice(from, to), y: person.low.slice(from, to) },
      { ...band, x: x.slice(from, to), y: person.high.slice(from, to), fill: "tonexty",
        fillcolor: `${ink}33` },
    ]));
    const edges = upright(x, parts);
    data.classes.forEach((name, k) => {
      if (hidden.has(k)) return;
      const y = edges.map(([, at]) => (at === null ? 0 : person.probabilities[k][at] ?? 0));
      drawn.push({ x: edges.map(([when]) => when), y, name, mode: "lines",
        stackgroup: "shares", line: { width: 0, color: data.colours[k], shape: "linear" },
        fillcolor: data.colours[k], hoverinfo: "none", xaxis: "x", yaxis: "y2" });
    });
    return drawn;
  }

  // Instants and places of areas that end upright at a gap, and not with a slope through it.
  function upright(x, parts) {
    const shown = [];
    let last = 0;
    parts.forEach(([from, to]) => {
      for (let at = last; at < from; at += 1) shown.push([x[at], at]);
      shown.push([x[from] - 0.001, null]);
      for (let at = from; at < to; at += 1) shown.push([x[at], at]);
      shown.push([x[to - 1] + 0.001, null]);
      last = to;
    });
    for (let at = last; at < x.length; at += 1) shown.push([x[at], at]);
    return shown;
  }

  function split(person) {
    const parts = [];
    let from = null;
    person.valence.forEach((value, at) => {
      if (value !== null && from === null) from = at;
      if (value === null && from !== null) { parts.push([from, at]); from = null; }
    });
    if (from !== null) parts.push([from, person.valence.length]);
    return parts;
  }

  function shapes(person) {
    const lines = person.turns.map((at) => ({ type: "line", x0: at, x1: at, y0: 0, y1: 1,
      yref: "paper", line: { color: colour("--warn"), width: 1.5, dash: "dash" } }));
    const few = data.shots.filter(([, end]) => end > range[0] && end < range[1]);
    const cuts = few.length > 400 ? [] : few.map(([, end]) => ({ type: "line", x0: end, x1: end,
      y0: 0, y1: 0.04, yref: "paper", line: { color: colour("--soft"), width: 1 } }));
    const here = cursor && data.people[cursor.person] === person
      ? [{ type: "line", x0: person.seconds[cursor.at], x1: person.seconds[cursor.at], y0: 0, y1: 1,
        yref: "paper", line: { color: colour("--ink"), width: 1.5 } }] : [];
    return [...lines, ...cuts, ...here];
  }

  function draw(plot) {
    const person = data.people[Number(plot.dataset.person)];
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
      margin: { l: 52, r: 14, t: 10, b: 34 }, hovermode: "x", dragmode: coarse.matches ? false : "zoom",
      font: { family: "system-ui, sans-serif", size: 11, color: colour("--ink") },
      xaxis: axis({ range: [...range], fixedrange: coarse.matches, anchor: "y2", ...ticks() }),
      yaxis: axis({ range: [-0.7, 0.9], domain: [0.55, 1], tickvals: [-0.5, 0, 0.5], title: { text: "valence" } }),
      yaxis2: axis({ range: [0, 1], domain: [0, 0.47], tickvals: [0, 0.5, 1], tickformat: ".0%", title: { text: "shares" } }),
      shapes: shapes(person),
    };
    Plotly.react(plot, traces(person), layout, config);
  }

  function drawAll() {
    plots.forEach(draw);
    strip.draw(range, hidden);
  }

  function show(from, to) {
    const wide = Math.min(Math.max(to - from, 0.5), data.end - data.start);
    const start = Math.min(Math.max(from, data.start), data.end - wide);
    range = [start, start + wide];
    drawAll();
  }

  const moves = {
    in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.5), right: () => pan(0.5),
    all: () => show(data.start, data.end),
  };
  function zoom(factor) {
    const middle = cursor ? data.people[cursor.person].seconds[cursor.at] : (range[0] + range[1]) / 2;
    const half = ((range[1] - range[0]) * factor) / 2;
    show(middle - half, middle + half);
  }
  function pan(share) {
    const step = (range[1] - range[0]) * share;
    show(range[0] + step, range[1] + step);
  }

  function go(plot, at) {
    const person = data.people[Number(plot.dataset.person)];
    const place = Math.min(Math.max(at, 0), person.seconds.length - 1);
    if (place < 0) return;
    cursor = { person: Number(plot.dataset.person), at: place };
    plots.forEach((each) => { delete each.dataset.cursor; });
    plot.dataset.cursor = person.seconds[place]; // for the player, which may not be there
    now.textContent = words(person, place);
    const seconds = person.seconds[place];
    if (seconds < range[0] || seconds > range[1]) {
      const wide = range[1] - range[0];
      show(seconds - wide / 2, seconds + wide / 2);
    } else drawAll();
  }

  function nearest(person, seconds) {
    let best = 0;
    person.seconds.forEach((each, at) => {
      if (Math.abs(each - seconds) < Math.abs(person.seconds[best] - seconds)) best = at;
    });
    return best;
  }

  // Tell the instant of each tap; a finger that scrolls is taken away by the browser.
  function tapped(plot, tell) {
    let down = null;
    const end = () => { down = null; };
    plot.addEventListener("pointerdown", (event) => {
      down = event.pointerType === "touch" && event.isPrimary ? event : null;
    }, true);
    plot.addEventListener("pointercancel", end, true);
    plot.addEventListener("pointerup", (event) => {
      const from = down;
      end();
      if (!from || Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > still) return;
      const axis = plot._fullLayout.xaxis;
      const x = event.clientX - plot.getBoundingClientRect().left - axis._offset;
      if (x >= 0 && x <= axis._length) tell(axis.p2l(x));
    }, true);
  }

  const strip = filmStrip(data, { clock, percent, colour, now, show, all: moves.all });
  strip.draw(range, hidden);

  plots.forEach((plot) => {
    draw(plot);
    const person = data.people[Number(plot.dataset.person)];
    plot.on("plotly_hover", ({ points }) => {
      now.textContent = words(person, nearest(person, points[0].x));
    });
    plot.on("plotly_relayout", (change) => {
      const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (from !== undefined && to !== undefined) show(Number(from), Number(to));
    });
    plot.on("plotly_doubleclick", moves.all);
    tapped(plot, (seconds) => go(plot, nearest(person, seconds)));
    plot.addEventListener("keydown", (event) => {
      const at = cursor && cursor.person === Number(plot.dataset.person)
        ? cursor.at : nearest(person, range[0]);
      const step = event.shiftKey ? 10 : 1;
      const done = {
        ArrowLeft: () => go(plot, at - step), ArrowRight: () => go(plot, at + step),
        Home: () => go(plot, 0), End: () => go(plot, person.seconds.length - 1),
        "+": moves.in, "=": moves.in, "-": moves.out, 0: moves.all,
        Escape: () => {
          cursor = null;
          delete plot.dataset.cursor;
          now.textContent = "";
          drawAll();
        },
      }[event.key];
      if (done) { event.preventDefault(); done(); }
    });
  });

  document.querySelectorAll("[data-zoom]").forEach((button) => {
    button.addEventListener("click", () => moves[button.dataset.zoom]());
  });
  keys.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const k = Number(button.dataset.class);
    if (!hidden.delete(k)) hidden.add(k);
    button.setAttribute("aria-pressed", String(!hidden.has(k)));
    drawAll();
  });
  document.querySelectorAll(".film button").forEach((button) => {
    button.addEventListener("click", () => {
      const plot = button.closest(".person").querySelector(".plot");
      go(plot, nearest(data.people[Number(plot.dataset.person)], Number(button.dataset.seconds)));
    });
  });
  dark.addEventListener("change", drawAll);
  coarse.addEventListener("change", drawAll);
})();
