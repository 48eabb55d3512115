// Shows the newest PNG from the kernel: the old one stays until the new one is loaded. It is decoded
// for the very frame in which it first appears; `decode()` would wait for two frames more. And it is
// its own address: what an address of the browser's names is fetched through another process.
function address(png) {
  const bytes = new Uint8Array(png.buffer, png.byteOffset, png.byteLength);
  const pieces = [];
  for (let i = 0; i < bytes.length; i += 8192) { // as many arguments as any browser takes
    pieces.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  }
  return `data:image/png;base64,${btoa(pieces.join(""))}`;
}

function render({ model, el }) {
  el.classList.add("nnlib-picture");
  let image = new Image();
  let asked = 0;
  let shown = 0;

  async function show() {
    const turn = ++asked;
    if (model.get("png").byteLength === 0) return;
    const next = new Image();
    next.alt = model.get("alt");
    next.style.width = `${model.get("width")}px`;
    next.decoding = "sync";
    const loaded = new Promise((done) => { next.onload = next.onerror = done; });
    next.src = address(model.get("png"));
    await loaded;
    if (turn < shown) return;
    shown = turn;
    image.replaceWith(next);
    image = next;
  }

  // JupyterLab would take the arrow keys from the focused control of this picture's widget. They
  // belong to the control, while Ctrl+S, Shift+Enter and Escape stay JupyterLab's: it leaves alone
  // what comes from an element with this attribute.
  function claimKeys(event) {
    const explorer = el.closest(".nnlib-explorer");
    if (!explorer?.contains(event.target)) return;
    const runs = event.shiftKey && event.key === "Enter";
    const forTheNotebook = event.ctrlKey || event.metaKey || runs || event.key === "Escape";
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !forTheNotebook);
  }

  el.append(image);
  window.addEventListener("keydown", claimKeys, { capture: true });
  model.on("change:png", show);
  show();
  model.set("density", Math.min(Math.max(window.devicePixelRatio, 1), 2));
  model.set("shown", true);
  model.save_changes();

  return () => {
    window.removeEventListener("keydown", claimKeys, { capture: true });
    model.off("change:png", show);
    model.set("shown", false);
    model.save_changes();
  };
}

export default { render };
