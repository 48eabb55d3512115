// One sentence that a screen reader announces when it changes; a goal's sentence has a badge.
function render({ model, el }) {
  el.classList.add("nnlib-words");
  const lead = document.createElement("strong");
  const text = document.createElement("span");
  const badge = document.createElement("span");
  badge.className = "nnlib-badge";
  const announced = model.get("live") ? el : badge;
  announced.setAttribute("role", "status");
  announced.setAttribute("aria-live", "polite");
  el.append(lead, text, badge);

  function write() {
    lead.textContent = model.get("lead");
    text.textContent = model.get("text");
    badge.textContent = model.get("badge");
    el.classList.toggle("nnlib-problem", model.get("problem"));
  }
  model.on("change", write);
  write();

  return () => model.off("change", write);
}

export default { render };
