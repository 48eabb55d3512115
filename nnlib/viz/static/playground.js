// The page's half of the playground: it draws what the kernel computed, and says what the reader wants.

const VIEW = 3; // the map shows −3 … 3 both ways
const BLUE = [0, 114, 178];
const VERMILLION = [213, 94, 0];
const GREEN = "#009E73";
const LAYERS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [1, 2]];
const RATES = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const PENALTIES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const BATCHES = [[1, "1"], [4, "4"], [8, "8"], [16, "16"], [32, "32"], [64, "64"], [128, "128"], [0, "all"]];
const SPEEDS = [["slow", "a step at a time"], ["steady", "an epoch per frame"], ["full", "as fast as it goes"]];

const FRAMES_PER_ANSWER = 4;

let views = 0;

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const view = `view ${Date.now()} ${++views}`;
  const say = (message) => model.send(message);
  const change = (values) => say({ do: "change", values });
  const root = h("div", { class: "nnlib-playground", role: "group", "aria-label": "Playground: a network learns" });
  const controls = []; // functions that bring a control to what the settings say
  const choices = model.get("choices");
  const asked = (name) => model.get("asked")[name];

  // ---- controls -------------------------------------------------------------------------------

  function labelled(label, control, extra = "") {
    return h("label", { class: `field ${extra}` }, h("span", {}, label), control);
  }

  function menu(name, label, options, { read = (v) => v, write = (v) => v } = {}) {
    const node = h("select", { onchange: () => change(write(node.value)) });
    for (const [value, text] of options) node.append(h("option", { value }, text));
    controls.push(() => {
      const value = String(read(asked(name)));
      if (!Array.from(node.options, (option) => option.value).includes(value)) {
        node.append(h("option", { value }, value));
      }
      node.value = value;
    });
    return labelled(label, node);
  }

  function choice(name, label) {
    return menu(name, label, Object.entries(choices[name]), { write: (value) => ({ [name]: value }) });
  }

  // A number to type and a slider over the usual ones; what is typed may be anything.
  function number(name, label, places) {
    const typed = h("input", { type: "text", inputmode: "decimal", "aria-label": label, size: 6 });
    const take = () => typed.value !== String(asked(name)) && change({ [name]: typed.value });
    typed.addEventListener("blur", take);
    typed.addEventListener("keydown", (event) => event.key === "Enter" && take());
    const slider = h("input", { type: "range", min: 0, max: places.length - 1, step: 1, "aria-label": label });
    let pending = 0;
    slider.addEventListener("input", () => {
      typed.value = places[slider.value];
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(() => change({ [name]: places[slider.value] }));
    });
    controls.push(() => {
      const value = asked(name);
      if (document.activeElement !== typed) typed.value = value;
      const gaps = places.map((place) => Math.abs(near(place) - near(Number(value))));
      const at = gaps.indexOf(Math.min(...gaps));
      if (Number.isFinite(gaps[0]) && at >= 0) slider.value = at;
      slider.setAttribute("aria-valuetext", String(value));
    });
    const near = places[0] > 0 && places.at(-1) / places[0] > 1000 ? Math.log : (v) => v;
    return h("div", { class: "field number" }, h("span", {}, label), typed, slider);
  }

  function box(name, label) {
    const node = h("input", { type: "checkbox", onchange: () => change({ [name]: node.checked }) });
    controls.push(() => (node.checked = asked(name)));
    return h("label", { class: "box" }, node, label);
  }

  function button(text, title, act, extra = "") {
    const name = /\w/.test(text) ? false : title; // a sign alone needs a name
    return h("button", { type: "button", title, "aria-label": name, class: extra, onclick: act }, text);
  }

  // Beside the learner's own part, the menu chooses what runs along for comparison.
  function yours(name) {
    const node = h("p", { class: "hint" });
    controls.push(() => {
      const mine = model.get("own")[name];
      node.hidden = !mine;
      node.textContent = `Yours: ${mine}. The menu's goes beside it.`;
    });
    return node;
  }

  function only(node, when) {
    controls.push(() => (node.hidden = !when()));
    return node;
  }

  const range = (low, high, step) =>
    Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => Number((low + k * step).toFixed(6)));

  // ---- the bar --------------------------------------------------------------------------------

  const train = button("▶ Train", "Train", () => say({ do: model.get("training") ? "stop" : "train" }), "primary");
  const speed = h("div", { class: "segments", role: "radiogroup", "aria-label": "Speed" });
  const group = `${view} speed`;
  for (const [value, title] of SPEEDS) {
    const radio = h("input", { type: "radio", name: group, value, onchange: () => say({ do: "speed", value }) });
    speed.append(h("label", { title }, radio, h("span", {}, value)));
  }
  const copied = h("span", { class: "copied", role: "status" });
  const copy = button("Copy link", "Copy a link to these settings", async () => {
    const link = `${location.href.split("#")[0]}#playground:${model.get("text")}`;
    await copyText(link, root).then(() => (copied.textContent = "copied"), () => (copied.textContent = link));
    setTimeout(() => (copied.textContent = ""), 4000);
  });
  const clock = h("output", { class: "clock", "aria-live": "off" });
  const bar = h(
    "div", { class: "bar" },
    train,
    button("Step", "One step, on one batch", () => say({ do: "step" })),
    button("Reset", "Back to step 0 and the same first weights", () => say({ do: "reset" })),
    button("New start", "Other first weights", () => change({ seed: Number(asked("seed")) + 1 })),
    speed, clock, copy, copied,
  );
  const problem = h("div", { class: "problem", role: "alert" });

  // ---- the data -------------------------------------------------------------------------------

  const tiles = h("div", { class: "tiles", role: "radiogroup", "aria-label": "Data" });
  for (const [value, label] of Object.entries(choices.data)) {
    const radio = h("input", { type: "radio", name: `${view} data`, value, onchange: () => change({ data: value }) });
    const icon = h("canvas", { width: 80, height: 56, "aria-hidden": "true" });
    tiles.append(h("label", { title: label }, radio, icon, h("span", {}, label)));
    controls.push(() => (radio.checked = asked("data") === value));
  }
  const features = choices.features.map((name, k) => [k, name]);
  const feature = (place, label) =>
    menu("features", label, features, {
      read: (pair) => pair[place],
      write: (value) => ({ features: asked("features").map((k, i) => (i === place ? Number(value) : k)) }),
    });
  let brush = 0;
  const brushes = h("div", { class: "segments brushes", role: "radiogroup", "aria-label": "Class of the next point" });
  [["● class 0", "zero"], ["■ class 1", "one"]].forEach(([text, extra], label) => {
    const radio = h("input", { type: "radio", name: `${view} brush`, onchange: () => (brush = label) });
    radio.checked = label === brush;
    brushes.append(h("label", { class: extra }, radio, h("span", {}, text)));
  });
  const held = h("input", { type: "checkbox", onchange: () => drawMap() });
  const made = () => !["placed"].includes(asked("data"));
  const data = h(
    "section", { class: "card data" },
    h("h3", {}, "Data"),
    tiles,
    only(feature(0, "x₁"), () => asked("data") === "tumours"),
    only(feature(1, "x₂"), () => asked("data") === "tumours"),
    only(number("m", "points", [10, 20, 30, 40, 50, 75, 100, 150, 200, 250, 300]), made),
    only(number("noise", "noise", range(0, 1, 0.05)), () => made() && asked("data") !== "tumours"),
    only(h("p", { class: "hint" }, "Click on the map to place points. Every third one, drawn hollow, is held out."), () => !made()),
    only(brushes, () => !made()),
    only(
      h("div", { class: "row" },
        button("Undo", "Take the last point back", () => say({ do: "take back" })),
        button("Clear", "Take all points away", () => change({ points: [] }))),
      () => !made()),
    only(button("New points", "Draw other points", () => change({ draw: Number(asked("draw")) + 1 })), made),
  );

  // ---- the network ----------------------------------------------------------------------------

  const steppers = h("div", { class: "steppers" });
  const net = h("canvas", { class: "net", role: "img", tabindex: 0 });
  const layers = h("output", { "aria-live": "off" });
  const hidden = () => asked("hidden");
  const fewer = button("−", "Remove a hidden layer", () => change({ hidden: hidden().slice(0, -1) }), "round");
  const more = button("+", "Add a hidden layer", () => change({ hidden: [...hidden(), hidden().at(-1) ?? 4] }), "round");
  const network = h(
    "section", { class: "card network" },
    h("h3", {}, "Network ", h("span", { class: "count" }, fewer, layers, more)),
    h("div", { class: "diagram" }, net, steppers),
    h("div", { class: "fields" },
      choice("activation", "activation"), choice("init", "start"),
      number("dropout", "dropout", range(0, 0.8, 0.1)), box("batch_norm", "batch norm"),
      yours("activation")),
  );

  // ---- learning -------------------------------------------------------------------------------

  const learning = h(
    "section", { class: "card learning" },
    h("h3", {}, "Learning"),
    choice("optimizer", "optimiser"), yours("optimizer"),
    number("lr", "learning rate", RATES),
    choice("schedule", "schedule"),
    only(number("horizon", "over steps", [200, 500, 1000, 2000, 5000, 10000, 20000]), () => asked("schedule") !== "constant"),
    menu("batch", "batch", BATCHES, { write: (value) => ({ batch: Number(value) }) }),
    choice("penalty", "penalty"),
    only(number("lam", "λ", PENALTIES), () => asked("penalty") !== "none"),
  );

  // ---- what is seen ---------------------------------------------------------------------------

  const map = h("canvas", { class: "map", tabindex: 0 });
  const seen = h("span", { class: "what" });
  const output = h(
    "section", { class: "card output" },
    h("h3", {}, seen, h("label", { class: "box" }, held, "held-out points")),
    map,
    h("div", { class: "legend" },
      h("span", { class: "zero" }, "● class 0"), h("span", { class: "ramp", "aria-hidden": "true" }), h("span", { class: "one" }, "■ class 1")),
  );
  const cost = h("canvas", { class: "chart", role: "img", "aria-label": "The cost by epoch" });
  const norms = h("canvas", { class: "chart", role: "img", "aria-label": "The gradient norm of each layer by epoch" });
  const scores = h("div", { class: "scores" });
  const charts = h(
    "section", { class: "card charts" },
    h("div", {}, h("h3", {}, "Cost"), scores, cost),
    h("div", {}, h("h3", {}, "Gradients by layer"), h("div", { class: "scores layers" }), norms),
  );
  const goals = h("ul");
  const caption = h("p", { class: "caption", "aria-live": "polite", role: "status" });
  root.append(
    bar, problem,
    h("div", { class: "stage" }, data, network, output, learning, charts,
      h("section", { class: "card goals" }, h("h3", {}, "Goals"), goals)),
    caption,
  );
  el.append(root);

  // ---- drawing --------------------------------------------------------------------------------

  let theme = readTheme(root);
  let frame = null;
  let chosen = null; // the hidden unit that the map shows instead of the output
  let hovered = null;
  let cross = null; // where the keyboard would place a point
  let places = []; // where the network's drawing has its units
  const paper = {}; // canvases that are never seen, one per use

  function unpack() {
    const shown = model.get("shown");
    const bytes = model.get("frame");
    if (!bytes?.byteLength || !shown.grid) return null;
    let at = bytes.byteOffset ?? 0;
    const buffer = bytes.buffer ?? bytes;
    const take = (Kind, n) => {
      const part = new Kind(buffer.slice(at, at + n * Kind.BYTES_PER_ELEMENT));
      at += n * Kind.BYTES_PER_ELEMENT;
      return part;
    };
    const sizes = [2, ...shown.hidden, 1];
    const maps = Array.from({ length: shown.maps }, () => take(Uint16Array, shown.grid ** 2));
    const curves = Array.from({ length: 4 + sizes.length - 1 }, () => take(Float32Array, shown.curve));
    const weights = sizes.slice(1).map((n, l) => take(Int8Array, n * sizes[l]));
    const units = shown.hidden.map((n) => Array.from({ length: n }, () => take(Uint8Array, shown.tile ** 2)));
    return { ...shown, sizes, maps, curves, weights, units };
  }

  function image(name, values, size, half) {
    const canvas = (paper[name] ??= document.createElement("canvas"));
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const pixels = pen.createImageData(size, size);
    const into = new Uint32Array(pixels.data.buffer);
    const colours = theme.ramp;
    for (let i = 0; i < values.length; i++) into[i] = colours[half ? values[i] >> 8 : values[i]];
    pen.putImageData(pixels, 0, 0);
    return canvas;
  }

  // A canvas as sharp as the screen; changing its size empties it, so that is done only when needed.
  function begin(canvas) {
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const w = Math.round(width * scale) || canvas.width; // what is hidden keeps what it shows
    const t = Math.round(height * scale) || canvas.height;
    if (canvas.width !== w || canvas.height !== t) Object.assign(canvas, { width: w, height: t });
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    return { pen, width, height, fits: width > 20 && height > 20 };
  }

  function drawMap() {
    const { pen, width, height, fits } = begin(map);
    if (!fits || !frame) return;
    const unit = hovered ?? chosen;
    const tile = unit && frame.units[unit[0]]?.[unit[1]];
    const size = tile ? frame.tile : frame.grid;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(image("map", tile ?? frame.maps[0], size, !tile), 0, 0, width, height);
    const what = tile ? `Unit ${unit[1] + 1} of layer ${unit[0] + 1}` : "P(class 1)";
    if (seen.textContent !== what) seen.textContent = what;
    if (!tile) {
      contour(pen, frame.maps[0], frame.grid, width, theme.ink, false);
      if (frame.maps[1]) contour(pen, frame.maps[1], frame.grid, width, GREEN, true);
    }
    drawAxes(pen, width, height);
    drawPoints(pen, width, height);
    if (cross) drawCross(pen, width, height);
  }

  const across = (x, width) => ((x + VIEW) / (2 * VIEW)) * width;
  const down = (x, height) => ((VIEW - x) / (2 * VIEW)) * height;

  function drawPoints(pen, width, height) {
    const bytes = model.get("points");
    const points = new Float32Array((bytes.buffer ?? bytes).slice(bytes.byteOffset ?? 0, (bytes.byteOffset ?? 0) + bytes.byteLength));
    const r = Math.max(2.6, width / 90);
    for (const late of [1, 0]) {
      if (late && !held.checked && asked("data") !== "placed") continue;
      for (let i = 0; i < points.length; i += 4) {
        const [x1, x2, label, out] = points.subarray(i, i + 4);
        if (out !== late) continue;
        const x = Math.min(Math.max(across(x1, width), r + 1), width - r - 1);
        const y = Math.min(Math.max(down(x2, height), r + 1), height - r - 1);
        pen.beginPath();
        if (label) pen.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
        else pen.arc(x, y, r, 0, 7);
        pen.lineWidth = 1;
        pen.fillStyle = theme.classes[label];
        pen.strokeStyle = late ? theme.classes[label] : theme.halo;
        if (!late) pen.fill();
        pen.stroke();
      }
    }
  }

  function drawAxes(pen, width, height) {
    const [first, second] = model.get("axes");
    if (!first) return;
    pen.font = theme.small;
    pen.fillStyle = theme.ink;
    pen.strokeStyle = theme.halo;
    pen.lineWidth = 3;
    const write = (text, x, y) => (pen.strokeText(text, x, y), pen.fillText(text, x, y));
    pen.textAlign = "center";
    [-2, 0, 2].forEach((k, i) => write(first.ticks[i], across(k, width), height - 4));
    pen.textAlign = "left";
    [-2, 0, 2].forEach((k, i) => i !== 0 && write(second.ticks[i], 4, down(k, height) + 4));
    write(second.name, 4, 13);
    pen.textAlign = "right";
    write(first.name, width - 4, height - 17);
  }

  function drawCross(pen, width, height) {
    const [x, y] = [across(cross[0], width), down(cross[1], height)];
    pen.strokeStyle = theme.ink;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 4 * dx, y + 4 * dy);
      pen.lineTo(x + 11 * dx, y + 11 * dy);
    }
    pen.stroke();
  }

  // Where P = ½: marching squares, with the crossing found by straight interpolation.
  function contour(pen, P, n, width, colour, dashed) {
    const half = 32767.5;
    const unit = width / n;
    pen.beginPath();
    for (let row = 0; row < n - 1; row++) {
      for (let column = 0; column < n - 1; column++) {
        if (dashed && (row + column) & 2) continue; // two places on, two places off
        const i = row * n + column;
        const corners = [P[i], P[i + 1], P[i + n + 1], P[i + n]].map((p) => p - half);
        const ends = [];
        for (let side = 0; side < 4; side++) {
          const a = corners[side];
          const b = corners[(side + 1) % 4];
          if (a > 0 === b > 0) continue;
          const t = a / (a - b);
          const [x, y] = [[t, 0], [1, t], [1 - t, 1], [0, 1 - t]][side];
          ends.push([(column + 0.5 + x) * unit, (row + 0.5 + y) * unit]);
        }
        for (let k = 0; k + 1 < ends.length; k += 2) {
          pen.moveTo(...ends[k]);
          pen.lineTo(...ends[k + 1]);
        }
      }
    }
    pen.strokeStyle = colour;
    pen.lineWidth = dashed ? 2.2 : 1.6;
    pen.stroke();
  }

  // Units stand in columns; a layer takes one more if that makes the tiles much larger.
  function arrange(width, height) {
    const sizes = frame.sizes.slice(0, -1);
    const [gap, slot] = width < 420 ? [4, 14] : [6, 30];
    const inner = width - 12;
    let side = 0;
    let columns = [];
    for (let tall = 16; tall > 2; tall--) {
      const across = sizes.map((n) => Math.ceil(n / tall));
      const total = across.reduce((a, b) => a + b, 0);
      const rows = Math.max(...sizes.map((n, l) => Math.ceil(n / across[l])));
      const fits = Math.floor(Math.min(42, height / rows - gap, (inner - slot * sizes.length) / total - gap));
      if (fits > 1.2 * side) [side, columns] = [fits, across];
    }
    const total = columns.reduce((a, b) => a + b, 0);
    const between = (inner - total * (side + gap)) / sizes.length;
    let x = 2;
    return sizes.map((n, l) => {
      const per = Math.ceil(n / columns[l]);
      const pitch = Math.min(side + 14, (height - side) / Math.max(per - 1, 1));
      const top = (height - (per - 1) * pitch - side) / 2;
      const layer = Array.from({ length: n }, (_, k) => ({
        x: x + Math.floor(k / per) * (side + gap),
        y: top + (k % per) * pitch,
        side,
      }));
      layer.middle = x + (columns[l] * (side + gap) - gap) / 2;
      x += columns[l] * (side + gap) + between;
      return layer;
    });
  }

  function drawNet() {
    const { pen, width, height, fits } = begin(net);
    if (!fits || !frame) return;
    places = arrange(width, height);
    pen.clearRect(0, 0, width, height);
    const target = [{ x: width - 4, y: height / 2, side: 0 }];
    frame.weights.forEach((W, l) => {
      const from = places[l];
      const to = places[l + 1] ?? target;
      for (let i = 0; i < to.length; i++) {
        for (let j = 0; j < from.length; j++) {
          const w = W[i * from.length + j] / 127;
          if (Math.abs(w) > 0.06) link(pen, from[j], to[i], w);
        }
      }
    });
    pen.globalAlpha = 1;
    pen.fillStyle = theme.ink;
    pen.beginPath();
    pen.arc(width - 5, height / 2, 4, 0, 7);
    pen.fill();
    let count = 0;
    places.forEach((layer, l) => layer.forEach((place, k) => {
      const silent = l > 0 && frame.silent[count++];
      const tile = l ? image("tile", frame.units[l - 1][k], frame.tile, false) : paper[`input ${k}`];
      drawUnit(pen, place, tile, silent, same([l - 1, k], hovered ?? chosen));
    }));
    const silent = frame.silent.filter(Boolean).length;
    const words = `Network ${frame.sizes.join("-")}: ${silent} of ${frame.silent.length} hidden units are silent. `
      + "The arrow keys choose a unit to be shown on the map, Escape none."
      + (chosen ? ` Unit ${chosen[1] + 1} of layer ${chosen[0] + 1} is shown.` : "");
    if (net.getAttribute("aria-label") !== words) net.setAttribute("aria-label", words);
  }

  function link(pen, from, to, w) {
    const [x0, y0] = [from.x + from.side, from.y + from.side / 2];
    const [x1, y1] = [to.x, to.y + to.side / 2];
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
    pen.globalAlpha = 0.15 + 0.65 * Math.abs(w);
    pen.lineWidth = 0.4 + 2.6 * Math.abs(w);
    pen.strokeStyle = theme.classes[w > 0 ? 1 : 0];
    pen.stroke();
  }

  function drawUnit(pen, { x, y, side }, tile, silent, marked) {
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, side, side, 4);
    pen.save();
    pen.clip();
    if (tile) pen.drawImage(tile, x, y, side, side);
    pen.restore();
    pen.lineWidth = marked ? 2.5 : 1;
    pen.strokeStyle = marked ? theme.ink : theme.line;
    pen.stroke();
    if (silent) {
      pen.strokeStyle = theme.faint;
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.moveTo(x + 4, y + side - 4);
      pen.lineTo(x + side - 4, y + 4);
      pen.stroke();
    }
    pen.restore();
  }

  function drawInputs() {
    const n = 24;
    const ramp = (k) => Math.round(((k + 0.5) / n) * 254) + 1;
    image("input 0", Uint8Array.from({ length: n * n }, (_, i) => ramp(i % n)), n, false);
    image("input 1", Uint8Array.from({ length: n * n }, (_, i) => ramp(n - 1 - Math.floor(i / n))), n, false);
  }

  function drawCharts() {
    const [epoch, J, Jval, beside, ...gradients] = frame.curves;
    const ends = (values) => values.filter(Number.isFinite);
    const top = Math.min(Math.max(0.1, ...ends(J), ...ends(Jval), ...ends(beside)), 4 * Math.max(J[0] || 1, 0.3));
    const costs = [
      { values: J, colour: theme.classes[0], dash: [] },
      { values: Jval, colour: theme.classes[1], dash: [6, 4] },
    ];
    if (frame.beside) costs.push({ values: beside, colour: GREEN, dash: [2, 3] });
    chart(cost, epoch, costs, [0, top * 1.05], (v) => v, [0, top / 2, top]);
    const positive = gradients.flatMap((g) => Array.from(g)).filter((v) => v > 1e-8 && Number.isFinite(v));
    const high = Math.ceil(Math.log10(Math.max(...positive, 1e-3)) + 0.01);
    const low = Math.max(Math.floor(Math.log10(Math.min(...positive, 10 ** (high - 1)))), high - 6);
    const lines = gradients.map((values, l) => ({ values, colour: LAYERS[l], dash: DASHES[l] }));
    const log = (v) => Math.log10(Math.max(v, 1e-12));
    chart(norms, epoch, lines, [low, high], log, [low, high].map((p) => 10 ** p));
    const percent = (right) => (right === null ? "–" : `${(100 * right).toFixed(right === 1 ? 0 : 1)} %`);
    const one = (v) => (v === null ? "–" : v < 1000 ? v.toFixed(3) : v.toExponential(1));
    const entries = [["training", "zero", frame], ["validation", "one dashed", { J: frame.J_val, right: frame.right_val }]];
    if (frame.beside) entries.push(["library’s", "third dotted", frame.beside]);
    write(scores, entries.map(([name, look, s]) => [look, `${name} ${one(s.J)} · ${percent(s.right)}`]));
    write(charts.querySelector(".layers"), gradients.map((_, l) => [`layer-${l}`, l === gradients.length - 1 ? "out" : `${l + 1}`]));
  }

  // A short list of keys: a line's look, and words.
  function write(box, entries) {
    while (box.children.length > entries.length) box.lastChild.remove();
    entries.forEach(([look, text], k) => {
      const item = box.children[k] ?? box.appendChild(h("span", {}, h("i", {}), h("b", {})));
      if (item.className !== look) item.className = look;
      if (item.lastChild.textContent !== text) item.lastChild.textContent = text;
    });
  }

  function chart(canvas, epoch, lines, [low, high], scale, ticks) {
    const { pen, width, height, fits } = begin(canvas);
    if (!fits) return;
    const [left, bottom, right, top] = [38, height - 17, width - 6, 6];
    const last = Math.max(epoch.at(-1) || 0, 1);
    const x = (e) => left + (e / last) * (right - left);
    const y = (v) => bottom - ((Math.min(Math.max(v, low), high) - low) / (high - low || 1)) * (bottom - top);
    pen.clearRect(0, 0, width, height);
    pen.font = theme.small;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const tick of ticks) {
      pen.strokeStyle = theme.line;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(left, y(scale(tick)));
      pen.lineTo(right, y(scale(tick)));
      pen.stroke();
      pen.fillStyle = theme.faint;
      pen.fillText(short(tick), left - 5, y(scale(tick)));
    }
    pen.textBaseline = "alphabetic";
    pen.fillText(`epoch ${Math.round(last).toLocaleString("en")}`, right, height - 3);
    pen.textAlign = "left";
    pen.fillText("0", left, height - 3);
    for (const { values, colour, dash } of lines) {
      pen.beginPath();
      let drawing = false;
      values.forEach((value, k) => {
        if (!Number.isFinite(value)) return (drawing = false);
        pen[drawing ? "lineTo" : "moveTo"](x(epoch[k]), y(scale(value)));
        drawing = true;
      });
      pen.setLineDash(dash);
      pen.strokeStyle = colour;
      pen.lineWidth = 1.8;
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  function drawIcons() {
    for (const label of tiles.children) {
      const value = label.querySelector("input").value;
      const pen = label.querySelector("canvas").getContext("2d");
      pen.clearRect(0, 0, 80, 56);
      icon(value).forEach(([x, y, c]) => {
        pen.fillStyle = theme.classes[c];
        pen.beginPath();
        if (c) pen.rect(40 + 24 * x - 3, 28 - 24 * y - 3, 6, 6);
        else pen.arc(40 + 24 * x, 28 - 24 * y, 3.4, 0, 7);
        pen.fill();
      });
    }
  }

  // What is hidden has no size and cannot be drawn: it is looked after until it is shown.
  let hiding = 0;
  function drawAll() {
    clearTimeout(hiding);
    if (!frame) return;
    if (!root.clientWidth) {
      hiding = setTimeout(drawAll, 50);
      return;
    }
    drawNet();
    drawMap();
    const still = !model.get("training") || model.get("speed") === "slow";
    if (still || frame.frame % 3 === 0) drawNumbers(); // nobody reads forty numbers a second
    root.dataset.frame = frame.frame; // what is on the page, for whoever asks
    placeSteppers();
  }

  function drawNumbers() {
    drawCharts();
    clock.textContent = `step ${frame.step.toLocaleString("en")} · epoch ${frame.epoch.toLocaleString("en")}`;
  }

  function placeSteppers() {
    const sizes = hidden();
    while (steppers.children.length > sizes.length) steppers.lastChild.remove();
    for (let l = steppers.children.length; l < sizes.length; l++) {
      const bump = (by) => {
        const now = [...hidden()];
        now[l] = Math.min(16, Math.max(1, now[l] + by));
        change({ hidden: now });
      };
      steppers.append(h("div", { role: "group", "aria-label": `Units of hidden layer ${l + 1}` },
        button("−", `One unit fewer in layer ${l + 1}`, () => bump(-1), "round"),
        h("output", { "aria-live": "off" }),
        button("+", `One unit more in layer ${l + 1}`, () => bump(1), "round")));
    }
    sizes.forEach((n, l) => {
      const item = steppers.children[l];
      const text = String(n);
      if (item.children[1].textContent !== text) item.children[1].textContent = text;
      const left = `${places[l + 1]?.middle ?? 0}px`;
      if (item.style.left !== left) item.style.left = left;
    });
  }

  // ---- keeping up with the kernel -------------------------------------------------------------

  let asking = 0;
  let told = 0;
  function newFrame() {
    const number = model.get("shown").frame;
    // Not after every frame: each message makes JupyterLab redraw what it says of the kernel.
    const drawn = () => number - told >= FRAMES_PER_ANSWER && say({ do: "drawn", frame: (told = number) });
    if (document.hidden) return drawn();
    const draw = () => {
      frame = unpack();
      drawAll();
      drawn();
    };
    cancelAnimationFrame(asking);
    if (model.get("training")) asking = requestAnimationFrame(draw);
    else draw(); // the answer to a press need not wait
  }

  function showSettings() {
    controls.forEach((control) => control());
    const n = hidden().length;
    layers.textContent = `${n} hidden layer${n === 1 ? "" : "s"}`;
    fewer.disabled = n === 0;
    more.disabled = n === 4;
    if (chosen && !(hidden()[chosen[0]] > chosen[1])) chosen = null;
    hovered = null;
    map.setAttribute("role", asked("data") === "placed" ? "application" : "img");
  }

  function showState() {
    const on = model.get("training");
    train.textContent = on ? "■ Stop" : "▶ Train";
    train.setAttribute("aria-label", on ? "Stop" : "Train");
    train.setAttribute("title", on ? "Stop" : "Train");
    train.classList.toggle("on", on);
    for (const label of speed.children) label.firstChild.checked = label.firstChild.value === model.get("speed");
    problem.textContent = model.get("problem");
  }

  function showWords() {
    caption.textContent = model.get("caption");
    const how = asked("data") === "placed"
      ? "Map. The arrow keys move a cross, Enter places a point, 0 and 1 choose its class, Backspace takes the last one back. "
      : "Map of P(class 1) over x₁ and x₂. ";
    map.setAttribute("aria-label", how + model.get("caption"));
  }

  function showGoals() {
    const list = model.get("goals");
    while (goals.children.length < list.length) {
      goals.append(h("li", {}, h("strong"), h("p"), h("p", { class: "state" })));
    }
    list.forEach(({ title, text, state, reached }, k) => {
      const item = goals.children[k];
      item.classList.toggle("reached", reached);
      item.firstChild.textContent = `${reached ? "✓" : "○"} ${title}`;
      item.children[1].textContent = text;
      item.querySelector(".state").textContent = state;
    });
  }

  // ---- the pointer and the keys ---------------------------------------------------------------

  function unitAt(event) {
    const { left, top } = net.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    for (let l = 1; l < places.length; l++) {
      for (let k = 0; k < places[l].length; k++) {
        const p = places[l][k];
        if (x >= p.x && x <= p.x + p.side && y >= p.y && y <= p.y + p.side) return [l - 1, k];
      }
    }
    return null;
  }

  function look() {
    drawNet();
    drawMap();
  }

  net.addEventListener("pointermove", (event) => {
    const unit = unitAt(event);
    if (same(unit, hovered)) return;
    hovered = unit;
    look();
  });
  net.addEventListener("pointerleave", () => ((hovered = null), look()));
  net.addEventListener("click", (event) => {
    const unit = unitAt(event);
    chosen = same(unit, chosen) ? null : unit;
    look();
  });
  net.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const sizes = hidden();
    if (event.key === "Escape") chosen = null;
    else if (!move || !sizes.length) return;
    else if (!chosen) chosen = [0, 0];
    else {
      const l = Math.min(Math.max(chosen[0] + move[0], 0), sizes.length - 1);
      chosen = [l, Math.min(Math.max(chosen[1] + move[1], 0), sizes[l] - 1)];
    }
    event.preventDefault();
    look();
  });

  function place(x1, x2) {
    if (asked("data") === "placed") say({ do: "place", point: [x1, x2, brush] });
  }
  map.addEventListener("click", (event) => {
    const { left, top, width, height } = map.getBoundingClientRect();
    place(((event.clientX - left) / width) * 2 * VIEW - VIEW, VIEW - ((event.clientY - top) / height) * 2 * VIEW);
  });
  map.addEventListener("keydown", (event) => {
    if (asked("data") !== "placed") return;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const clamp = (v) => Math.min(Math.max(v, -VIEW), VIEW);
    if (move) cross = cross ? cross.map((v, i) => clamp(v + 0.2 * move[i])) : [0, 0];
    else if (event.key === "Enter" || event.key === " ") place(...(cross ??= [0, 0]));
    else if (event.key === "0" || event.key === "1") {
      brush = Number(event.key);
      brushes.children[brush].firstChild.checked = true;
    } else if (event.key === "Backspace") say({ do: "take back" });
    else return;
    event.preventDefault();
    drawMap();
  });
  map.addEventListener("blur", () => ((cross = null), drawMap()));

  // JupyterLab would take plain keys from a focused control: they belong to the control, while
  // Ctrl+S and Shift+Enter stay JupyterLab's.
  function claimKeys(event) {
    if (!root.contains(event.target)) return;
    const forTheNotebook = event.ctrlKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !forTheNotebook);
  }

  // ---- life -----------------------------------------------------------------------------------

  function retheme() {
    theme = readTheme(root);
    root.classList.toggle("dark", theme.dark);
    drawInputs();
    drawIcons();
    drawAll();
  }

  const heard = [
    ["change:shown", newFrame], ["change:asked", showSettings], ["change:own", showSettings],
    ["change:points", () => frame && drawMap()], ["change:goals", showGoals], ["change:caption", showWords],
    ["change:training change:speed change:problem", showState],
  ];
  for (const [events, react] of heard) model.on(events, react);
  window.addEventListener("keydown", claimKeys, { capture: true });
  const sizes = new ResizeObserver(() => (root.clientWidth && !theme.page ? retheme() : drawAll()));
  for (const canvas of [map, net, cost, norms]) sizes.observe(canvas);
  const themes = new MutationObserver(retheme);
  for (const node of [document.body, document.documentElement]) {
    themes.observe(node, { attributes: true, attributeFilter: ["class", "data-jp-theme-name", "data-theme"] });
  }
  showSettings();
  showState();
  showGoals();
  showWords();
  frame = unpack();
  retheme();
  say({ do: "shown", view });
  followLink(say);

  return () => {
    cancelAnimationFrame(asking);
    clearTimeout(hiding);
    for (const [events, react] of heard) model.off(events, react);
    window.removeEventListener("keydown", claimKeys, { capture: true });
    sizes.disconnect();
    themes.disconnect();
    say({ do: "gone", view });
  };
}

function same(a, b) {
  return a === b || (a && b && a[0] === b[0] && a[1] === b[1]);
}

function short(value) {
  if (value === 0) return "0";
  if (value >= 1000 || value < 0.01) return `1e${Math.round(Math.log10(value))}`.replace("-", "−");
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

// The page that a copied link opens: its first playground takes the settings.
function followLink(say) {
  const opened = performance.getEntriesByType("navigation")[0]?.name ?? location.href;
  const text = opened.split("#playground:")[1];
  if (!text || window.nnlibPlaygroundLink) return;
  window.nnlibPlaygroundLink = true;
  say({ do: "open", text: decodeURIComponent(text) });
}

async function copyText(text, root) {
  if (navigator.clipboard?.writeText) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Not allowed here: the old way may be.
    }
  }
  const field = h("textarea", { "aria-hidden": "true" }, text);
  root.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("the browser does not let a page copy");
}

// Colours of the page as it is now: light or dark is read off its text.
function readTheme(root) {
  const style = getComputedStyle(root);
  const [r, g, b] = (style.color || "rgb(0 0 0)").match(/[\d.]+/g).map(Number);
  const dark = r + g + b > 382;
  const paper = dark ? [30, 32, 36] : [255, 255, 255];
  const ends = dark ? [[28, 100, 150], [168, 76, 18]] : [[120, 180, 216], [236, 170, 122]];
  const ramp = Uint32Array.from({ length: 256 }, (_, i) => {
    const t = (i - 128) / 127;
    const end = ends[t > 0 ? 1 : 0];
    const [x, y, z] = paper.map((p, k) => Math.round(p + (end[k] - p) * Math.min(Math.abs(t), 1)));
    return (255 << 24) | (z << 16) | (y << 8) | x;
  });
  const css = ([x, y, z]) => `rgb(${x} ${y} ${z})`;
  const classes = dark ? ["#56B4E9", "#F08A3C"] : [css(BLUE), css(VERMILLION)];
  return {
    page: root.isConnected, // else its colours are not known yet
    dark, ramp, classes,
    ink: dark ? "#f2f2f2" : "#222222",
    faint: dark ? "#b5b5b5" : "#5e5e5e",
    line: dark ? "#4a4d52" : "#dadada",
    halo: dark ? "#16181b" : "#ffffff",
    small: `11px ${style.fontFamily}`,
  };
}

// A handful of points that say which data set a tile stands for.
function icon(name) {
  const turn = (n, point) => Array.from({ length: n }, (_, k) => point(k / (n - 1), k));
  const clouds = (centres) => centres.flatMap(([x, y, c]) =>
    [[0, 0], [0.2, 0.1], [-0.15, 0.17], [0.07, -0.2], [-0.2, -0.1]].map(([dx, dy]) => [x + dx, y + dy, c]));
  switch (name) {
    case "moons":
      return [
        ...turn(8, (t) => [Math.cos(Math.PI * t) * 0.75 - 0.35, Math.sin(Math.PI * t) * 0.8 - 0.25, 0]),
        ...turn(8, (t) => [0.35 - Math.cos(Math.PI * t) * 0.75, 0.25 - Math.sin(Math.PI * t) * 0.8, 1]),
      ];
    case "circles":
      return [
        ...turn(15, (t) => [0.95 * Math.cos(6.28 * t), 0.95 * Math.sin(6.28 * t), 0]),
        ...turn(8, (t) => [0.4 * Math.cos(6.28 * t), 0.4 * Math.sin(6.28 * t), 1]),
      ];
    case "spirals":
      return [0, 1].flatMap((c) => turn(11, (t) => {
        const angle = 7 * t + Math.PI * c;
        return [(0.1 + 0.95 * t) * Math.cos(angle), (0.1 + 0.85 * t) * Math.sin(angle), c];
      }));
    case "xor":
      return clouds([[-0.6, 0.5, 1], [0.6, -0.5, 1], [-0.6, -0.5, 0], [0.6, 0.5, 0]]);
    case "blobs":
      return clouds([[-0.55, -0.1, 0], [0.55, 0.1, 1]]);
    case "tumours":
      return [...clouds([[-0.6, -0.4, 0], [-0.25, 0.1, 0]]), [0.2, -0.3, 1], [0.5, 0.3, 1], [0.9, 0, 1], [0.7, 0.7, 1], [1.2, 0.4, 1], [0.1, 0.5, 1]];
    default:
      return [[-0.5, 0.2, 0], [-0.2, -0.5, 0], [0.4, 0.4, 1]];
  }
}

export default { render };
