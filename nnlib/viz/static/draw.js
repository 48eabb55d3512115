// A sheet to draw on with mouse, pen or finger: a stroke is seen at once, and its ink is sent to the
// kernel as size × size greys, at most one message to a frame.
function render({ model, el }) {
  el.classList.add("nnlib-draw");
  const size = model.get("size");
  const fine = model.get("fine"); // pixels of the sheet to each of its size × size greys
  const side = size * fine;
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = side;
  sheet.setAttribute("role", "img");
  sheet.setAttribute("aria-label", model.get("label"));
  const clear = document.createElement("button");
  clear.textContent = "Clear the sheet";
  el.append(sheet, clear);

  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.lineWidth = model.get("brush");
  pen.lineCap = pen.lineJoin = "round";
  let last = null;
  let waiting = 0;
  let more = false;
  let sending = false;

  function wipe() {
    pen.fillStyle = "white";
    pen.fillRect(0, 0, side, side);
  }

  function greys() {
    const { data } = pen.getImageData(0, 0, side, side);
    const sums = new Float32Array(size * size);
    for (let y = 0; y < side; y += 1) {
      const row = size * Math.floor(y / fine);
      for (let x = 0; x < side; x += 1) {
        sums[row + Math.floor(x / fine)] += 255 - data[4 * (y * side + x)];
      }
    }
    return Uint8Array.from(sums, (sum) => Math.round(sum / fine ** 2));
  }

  function send() {
    sending = true;
    model.set("value", new DataView(greys().buffer));
    model.save_changes();
    sending = false;
  }

  function sendOnceAFrame() {
    more = true;
    if (waiting) return;
    more = false;
    send();
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      if (more) sendOnceAFrame();
    });
  }

  function place(event) {
    const box = sheet.getBoundingClientRect();
    const scale = side / sheet.clientWidth;
    return [
      (event.clientX - box.left - sheet.clientLeft) * scale,
      (event.clientY - box.top - sheet.clientTop) * scale,
    ];
  }

  function strokeTo(point) {
    pen.strokeStyle = "black";
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...point);
    pen.stroke();
    last = point;
  }

  sheet.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    sheet.setPointerCapture(event.pointerId);
    last = place(event);
    strokeTo([last[0] + 0.1, last[1]]); // a line of no length would leave no ink
    sendOnceAFrame();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!last) return;
    const passed = event.getCoalescedEvents();
    for (const each of passed.length ? passed : [event]) strokeTo(place(each));
    sendOnceAFrame();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(end, () => {
      last = null;
    });
  }
  clear.addEventListener("click", () => {
    wipe();
    sendOnceAFrame();
  });

  // What the kernel puts on the sheet, say a digit from the menu.
  function show() {
    if (sending || last) return;
    wipe();
    const value = model.get("value");
    const ink = pen.createImageData(size, size);
    for (let i = 0; i < size * size; i += 1) {
      ink.data.fill(255 - value.getUint8(i), 4 * i, 4 * i + 3);
      ink.data[4 * i + 3] = 255;
    }
    const small = document.createElement("canvas");
    small.width = small.height = size;
    small.getContext("2d").putImageData(ink, 0, 0);
    pen.drawImage(small, 0, 0, side, side);
  }
  model.on("change:value", show);
  show();

  return () => {
    cancelAnimationFrame(waiting);
    model.off("change:value", show);
  };
}

export default { render };
