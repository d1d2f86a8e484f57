/* The form of one pupil saves itself, field by field, as the grid does. */
(() => {
  const form = document.querySelector('[data-grid="form"]');
  const data = document.getElementById("hb-grid");
  if (!form || !data) return;

  const parsed = JSON.parse(data.textContent);
  const row = parsed.rows[0];
  row.values = parsed.values;
  const store = new hocba.Store(parsed, JSON.parse(document.getElementById("hb-texts").textContent));
  hocba.showState(store, document.querySelector("[data-saved]"));

  const control = (path) => form.elements[path];
  const paths = Object.keys(parsed.values);

  const note = (field) => {
    const id = `${field.id}-said`;
    let place = document.getElementById(id);
    if (!place) {
      place = document.createElement("div");
      place.id = id;
      place.setAttribute("role", "status");
      place.className = "hb-said";
      field.insertAdjacentElement("afterend", place);
    }
    return place;
  };

  const line = (kind, text) => {
    const made = document.createElement("p");
    made.className = `hb-finding hb-finding--${kind}`;
    made.textContent = `${kind === "block" ? "✖" : "⚠"} ${text}`;
    return made;
  };

  const choice = (path, mine) => {
    const button = document.createElement("button");
    const value = mine ? store.open.get(store.key(row.id, path)).mine : store.known(row.id, path);
    const shown = { value: value || store.say("empty") };
    Object.assign(button, { type: "button", className: "button button-small button-secondary" });
    button.textContent = store.say(mine ? "mine" : "theirs", shown);
    button.addEventListener("click", () => {
      store.choose(row.id, path, mine);
      control(path).focus();
    });
    return button;
  };

  const draw = ({ id, path }) => {
    const field = control(path);
    if (!field || id !== row.id) return;
    const key = store.key(id, path);
    if (document.activeElement !== field) field.value = store.value(id, path);
    const lines = [];
    if (store.errors.has(key)) lines.push(line("block", `${store.say("not_saved")} ${store.errors.get(key)}`));
    if (store.open.has(key)) {
      lines.push(line("warn", store.say("conflict")), choice(path, true), choice(path, false));
    }
    if (lines.length || document.getElementById(`${field.id}-said`)) note(field).replaceChildren(...lines);
    field.toggleAttribute("aria-invalid", store.errors.has(key));
  };

  // What the checks say stands above the form, with a way to the field.
  const drawChecks = () => {
    const list = document.createElement("ul");
    list.className = "hb-findings";
    for (const [path, kind, text] of row.findings) {
      const item = document.createElement("li");
      item.className = `hb-finding hb-finding--${kind}`;
      const field = control(path);
      const words = document.createElement(field ? "a" : "span");
      if (field) words.href = `#${field.id}`;
      words.textContent = text;
      item.append(kind === "block" ? "✖ " : "⚠ ", words);
      list.append(item);
    }
    form.ownerDocument.querySelector("[data-form-findings]").replaceChildren(list);
    for (const old of form.querySelectorAll(".hb-finding:not(.hb-said *)")) old.remove();
  };

  store.addEventListener("cells", (event) => event.detail.forEach(draw));
  store.addEventListener("checks", drawChecks);
  form.addEventListener("input", ({ target }) => {
    if (paths.includes(target.name)) store.edit([{ id: row.id, path: target.name, value: target.value }]);
  });
  form.addEventListener("change", () => store.later(0));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const next = event.submitter?.dataset.next;
    if (!(await store.settle())) form.querySelector("[aria-invalid]")?.focus();
    else if (next) location.assign(next);
    else {
      store.savedAt ||= new Date().toTimeString().slice(0, 5);
      store.tell("saved");
    }
  });
  for (const path of paths) {
    const key = store.key(row.id, path);
    if (store.typed.has(key) || store.open.has(key)) draw({ id: row.id, path });
  }
})();
