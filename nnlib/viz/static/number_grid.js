// A small table of numbers to type in; every field says where it stands.
function render({ model, el }) {
  const columns = model.get("columns");
  const table = document.createElement("div"); // ipywidgets writes a style of its own on el
  table.className = "nnlib-number-grid";
  table.setAttribute("role", "group");
  table.style.gridTemplateColumns = `repeat(${columns}, auto)`;
  table.setAttribute("aria-label", model.get("label"));
  el.append(table);

  const fields = model.get("value").map((_, i) => {
    const field = document.createElement("input");
    field.type = "number";
    field.step = "any";
    const place = `row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`;
    field.setAttribute("aria-label", `${model.get("label")}: ${place}`);
    field.addEventListener("input", () => type(i));
    field.addEventListener("keydown", (event) => step(event, i));
    field.addEventListener("blur", write);
    table.append(field);
    return field;
  });

  function put(i, number) {
    const within = Math.min(Math.max(number, model.get("low")), model.get("high"));
    model.set("value", model.get("value").with(i, within));
    model.save_changes();
  }

  // A field that is being typed in may be empty or hold a lone minus sign for a moment.
  function type(i) {
    const number = fields[i].valueAsNumber;
    if (Number.isFinite(number)) put(i, number);
  }

  function step(event, i) {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    put(i, model.get("value")[i] + by);
    write();
  }

  function write() {
    for (const [i, field] of fields.entries()) {
      const number = model.get("value")[i];
      if (field.valueAsNumber !== number && (field !== document.activeElement || field.value)) {
        field.value = String(Math.round(number * 1000) / 1000);
      }
    }
  }
  model.on("change:value", write);
  write();

  return () => model.off("change:value", write);
}

export default { render };
