// The map and the curves of a clustering's page; the data lie beside it as JSON.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const plot = document.getElementById("plot");
  const crop = document.getElementById("crop");
  const keys = document.getElementById("keys");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const config = { displaylogo: false, responsive: true, displayModeBar: false };
  let hidden = new Set(); // names of categories
  let at = -1; // the place, among the points from left to right, where the keyboard is
  let pointer = null; // where the mouse or a finger was last seen, in pixels of the plot

  const chosen = (group) => document.querySelector(`input[name=${group}]:checked`).value;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colouring = () => data.colourings[chosen("colour")];
  const positions = () => {
    const found = data.points[chosen("method")];
    return found[chosen("dimensions")] || found["2"];
  };
  const rowsOf = (code) =>
    colouring().codes.flatMap((of, row) => (of === code ? [row] : []));

  function axis(title, more) {
    const line = colour("--line");
    return {
      title: { text: title, font: { size: 12 } }, color: colour("--soft"), gridcolor: line,
      zerolinecolor: line, linecolor: line, automargin: true, ...more,
    };
  }

  function layout(more) {
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
      margin: { l: 44, r: 12, t: 12, b: 54 }, hovermode: "closest",
      font: { family: "system-ui, sans-serif", color: colour("--ink") }, ...more,
    };
  }

  function cloud(axes, rows, marker) {
    const [x, y, z] = axes.map((values) => rows.map((row) => values[row]));
    const place = z ? { type: "scatter3d", x, y, z } : { type: "scatter", x, y };
    return { ...place, mode: "markers", customdata: rows, hoverinfo: "none", marker };
  }

  function draw() {
    const { axes, names } = positions();
    const solid = axes.length === 3;
    const { names: categories, colours, shapes } = colouring();
    const count = axes[0].length;
    const size = Math.max(solid ? 3 : 5, Math.min(9, 200 / Math.sqrt(count)));
    const rows = categories.map((_, code) => rowsOf(code));
    // The largest category lies below, so that it hides no other one.
    const order = [...rows.keys()].sort((a, b) => rows[b].length - rows[a].length);
    const clouds = order.map((code) => ({
      ...cloud(axes, rows[code], {
        color: colours[code], symbol: shapes[code], size, opacity: solid ? 0.85 : 0.75,
        line: { width: 0 },
      }),
      name: categories[code], visible: !hidden.has(categories[code]),
    }));
    // The last cloud is the ring around the point where the keyboard is.
    const ink = colour("--ink");
    const ring = { size: 15, symbol: "circle-open", color: ink, line: { width: 3, color: ink } };
    clouds.push(cloud(axes, at < 0 ? [] : [ordered()[at]], ring));
    const scene = { dragmode: "turntable" };
    ["xaxis", "yaxis", "zaxis"].forEach((name, i) => { scene[name] = axis(names[i], { showspikes: false }); });
    const flat = { xaxis: axis(names[0]), yaxis: axis(names[1]), dragmode: false };
    const edge = { l: 0, r: 0, t: 0, b: 0 };
    const drawn = layout(solid ? { scene, margin: edge } : flat);
    drawn.uirevision = chosen("method") + axes.length; // a new colour leaves the view as it is
    Plotly.react(plot, clouds, drawn, config);
    list(categories, colours, shapes);
  }

  function list(categories, colours, shapes) {
    keys.replaceChildren(...categories.map((name, code) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const mark = document.createElement("i");
      const words = document.createElement("span");
      mark.className = shapes[code];
      mark.style.setProperty("--tone", colours[code]);
      words.textContent = `${name} (${rowsOf(code).length})`;
      button.type = "button";
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      button.append(mark, words);
      button.addEventListener("click", () => {
        if (!hidden.delete(name)) hidden.add(name);
        draw();
        keys.children[code].firstChild.focus();
      });
      item.append(button);
      return item;
    }));
  }

  function show(row, x, y) {
    const lines = Object.entries(data.colourings).map(([what, of]) => `${what}: ${of.names[of.codes[row]]}`);
    const head = document.createElement("b");
    head.textContent = data.captions[row];
    document.getElementById("crop-words").replaceChildren(
      head, ...lines.flatMap((line) => [document.createTextNode(line), document.createElement("br")]));
    document.getElementById("crop-picture").src = data.crops[row];
    crop.hidden = false;
    // Beside the pointer, and inside the map.
    const left = x + 18 + crop.offsetWidth > plot.clientWidth ? x - 18 - crop.offsetWidth : x + 18;
    const top = Math.min(y + 12, plot.clientHeight - crop.offsetHeight - 8);
    crop.style.left = `${Math.max(8, left)}px`;
    crop.style.top = `${Math.max(8, top)}px`;
  }

  function ordered() { // the points that are shown, from left to right
    const { axes } = positions();
    const { names, codes } = colouring();
    const rows = codes.flatMap((code, row) => (hidden.has(names[code]) ? [] : [row]));
    return rows.sort((a, b) => axes[0][a] - axes[0][b]);
  }

  function step(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const rows = ordered();
    if (event.key === "Escape") { at = -1; crop.hidden = true; draw(); return; }
    if (!(event.key in steps) || !rows.length) return;
    event.preventDefault();
    at = (at + steps[event.key] + rows.length + (at < 0 && steps[event.key] < 0 ? 1 : 0)) % rows.length;
    draw();
    show(rows[at], 0, 0);
  }

  function curves() {
    for (const name of data.curve ? ["inertia", "silhouette", "gap"] : []) {
      const { ks, k } = data.curve;
      const error = name === "gap" ? { error_y: { type: "data", array: data.curve.gap_error, thickness: 1 } } : {};
      const line = { x: ks, y: data.curve[name], mode: "lines+markers", line: { color: colour("--accent") }, ...error };
      const rule = { type: "line", x0: k, x1: k, y0: 0, y1: 1, yref: "paper", line: { color: colour("--warn"), dash: "dot", width: 2 } };
      const drawn = layout({ xaxis: axis("clusters"), yaxis: axis(""), shapes: [rule], dragmode: false, margin: { l: 44, r: 8, t: 8, b: 44 } });
      Plotly.react(`curve-${name}`, [line], drawn, config);
    }
  }

  function offerDimensions() { // 3-D needs WebGL, and enough axes
    const works = Boolean(document.createElement("canvas").getContext("webgl"));
    const has = works && "3" in data.points[chosen("method")];
    const solid = document.querySelector("input[name=dimensions][value='3']");
    solid.disabled = !has;
    if (!has && solid.checked) document.querySelector("input[name=dimensions][value='2']").checked = true;
    document.getElementById("no-3d").hidden = works;
  }

  for (const input of document.querySelectorAll(".controls input")) {
    input.addEventListener("change", () => {
      if (input.name === "colour") hidden = new Set();
      at = -1;
      crop.hidden = true;
      offerDimensions();
      draw();
    });
  }
  offerDimensions();
  draw();
  curves();
  for (const kind of ["pointermove", "pointerdown"]) {
    plot.addEventListener(kind, (event) => {
      const box = plot.getBoundingClientRect();
      pointer = [event.clientX - box.left, event.clientY - box.top];
      if (kind === "pointerdown") crop.hidden = true;
    }, true);
  }
  plot.addEventListener("keydown", step);
  for (const kind of ["plotly_hover", "plotly_click"]) { // a finger taps and does not hover
    plot.on(kind, ({ points }) => show(points[0].customdata, ...(pointer || [0, 0])));
  }
  plot.on("plotly_unhover", () => { crop.hidden = true; });
  dark.addEventListener("change", () => { draw(); curves(); });
})();
