// One sentence that a screen reader announces when it changes; the goal's line also carries a badge.
function render({ model, el }) {
  el.classList.add("nnlib-words");
  const lead = document.createElement("strong");
  const text = document.createElement("span");
  const badge = document.createElement("span");
  badge.className = "nnlib-badge";
  if (model.get("live")) {
    el.setAttribute("role", "status");
    el.setAttribute("aria-live", "polite");
  }
  badge.setAttribute("role", "status");
  el.append(lead, text, badge);

  function write() {
    lead.textContent = model.get("lead");
    text.textContent = model.get("text");
    badge.textContent = model.get("badge");
    el.classList.toggle("nnlib-problem", model.get("problem"));
  }
  model.on("change", write);
  write();

  // JupyterLab would take the arrow keys from the focused control: they belong to the control, while
  // Ctrl+S, Shift+Enter and their like stay JupyterLab's. It asks the focused element itself.
  function claimKeys(event) {
    const explorer = el.closest(".nnlib-explorer");
    if (!explorer || !explorer.contains(event.target)) return;
    const course = event.ctrlKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !course && event.key !== "Escape");
  }
  if (!model.get("live")) return () => model.off("change", write);
  window.addEventListener("keydown", claimKeys, { capture: true });
  return () => {
    model.off("change", write);
    window.removeEventListener("keydown", claimKeys, { capture: true });
  };
}

export default { render };
