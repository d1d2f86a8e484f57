/* The page of a class: the grid, the line below it, the tools above. */
(() => {
  const root = document.querySelector('[data-grid="table"]');
  const data = document.getElementById("hb-grid");
  if (!root || !data) return;

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const find = (name) => document.querySelector(`[data-${name}]`);
  const store = new hocba.Store(read("hb-grid"), read("hb-texts"));
  root.hidden = false;
  document.body.classList.add("hb-has-grid");
  const table = new hocba.Table(root.querySelector(".hb-cells__scroll"), store);
  const side = find("side");
  hocba.showState(store, find("saved"));

  // -- The side line: what is said of the cell where the keyboard stands --------

  const line = (kind, text) => {
    const made = document.createElement("p");
    made.className = `hb-finding hb-finding--${kind}`;
    const signs = { block: "✖ ", warn: "⚠ ", none: "" };
    made.textContent = signs[kind] + text;
    return made;
  };

  const choice = (row, path, mine) => {
    const value = mine ? store.open.get(store.key(row.id, path)).mine : store.known(row.id, path);
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button-small button-secondary" });
    button.textContent = store.say(mine ? "mine" : "theirs", { value: value || store.say("empty") });
    button.addEventListener("click", () => {
      store.choose(row.id, path, mine);
      table.focus();
    });
    return button;
  };

  const drawSide = () => {
    const row = table.rows[table.at.row];
    if (!row) return;
    const column = table.columns[table.at.column];
    const path = column?.path ?? "";
    const key = store.key(row.id, path);
    const head = document.createElement("strong");
    head.textContent = [row.name, column?.label].filter(Boolean).join(" · ");
    const lines = [];
    if (store.open.has(key)) {
      const both = document.createElement("div");
      both.className = "hb-buttons";
      both.append(choice(row, path, true), choice(row, path, false));
      lines.push(line("warn", store.say("conflict")), both);
    }
    if (store.errors.has(key)) lines.push(line("block", `${store.say("not_saved")} ${store.errors.get(key)}`));
    // At the name and in the last column: everything that is said of the row.
    const mine = row.findings.filter(([place]) => !column || place === path);
    for (const [, kind, text] of mine) lines.push(line(kind, text));
    const value = column && store.value(row.id, column.path);
    if (column?.type === "long_text" && value) lines.push(line("none", value));
    if (!lines.length) lines.push(line("none", store.say(hint(row, path))));
    side.replaceChildren(head, ...lines);
  };

  const hint = (row, path) => {
    if (!row.editable) return "hint_read";
    return store.mayEdit(row.id, path) ? "hint" : "hint_fixed";
  };

  const say = (text) => side.replaceChildren(line("none", text));

  // -- The line at the foot: how many are ready, who is not ---------------------

  const jump = (id) => {
    const row = table.rows.findIndex((one) => one.id === id);
    if (row < 0) return;
    const place = table.rows[row].findings.find(([path, kind]) => kind === "block" && path);
    const column = table.columns.findIndex(({ path }) => path === place?.[0]);
    table.go(row, Math.max(0, column));
  };

  const drawSummary = () => {
    const { text, left_text: rest, left, ready } = store.data.summary;
    const names = left.slice(0, 8).map(([id, name]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "hb-link", textContent: name });
      button.addEventListener("click", () => jump(id));
      return button;
    });
    const parts = names.flatMap((name, n) => (n ? [", ", name] : [name]));
    if (left.length > 8) parts.push(" …");
    find("summary").replaceChildren(`${text} ${rest} `, ...parts);
    const submit = find("submit");
    if (submit) submit.hidden = !ready;
    const count = find("ready");
    if (count) count.textContent = ready;
  };

  // -- Tools --------------------------------------------------------------------

  const fillColumns = () => {
    const picker = find("columns");
    picker.append(new Option(store.say("all"), "all:"));
    const headings = [...new Set(table.all.map((column) => column.heading))];
    for (const heading of headings) {
      const group = document.createElement("optgroup");
      group.label = heading;
      group.append(new Option(heading, `heading:${heading}`));
      const mine = table.all.filter((column) => column.heading === heading && column.column);
      for (const item of new Set(mine.map((column) => column.item))) {
        group.append(new Option(`– ${item}`, `item:${heading} ${item}`));
      }
      picker.append(group);
    }
    picker.addEventListener("change", () => table.pick(picker.value));
  };

  const keys = () => document.querySelector('[data-dialog="keys"]').showModal();
  const openBank = async () => {
    editor.finish();
    if (!(await bank.open())) say(store.say("bank_pick"));
  };
  const editor = new hocba.Editor(table, store, { moved: drawSide, say, keys, bank: openBank });
  const bank = new hocba.Bank(document.querySelector('[data-dialog="bank"]'), store, table, () => table.focus());
  const acts = { fill: () => editor.fill(), undo: () => editor.undo(), keys, bank: openBank };

  root.addEventListener("click", (event) => {
    const act = acts[event.target.closest("[data-do]")?.dataset.do];
    const one = event.target.closest("[data-submit-one]");
    if (act) act();
    else if (one) submitOne(store.rows.get(one.dataset.submitOne));
  });
  // A button must not end what is being written before it has its turn.
  root.querySelector(".hb-cells__tools").addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-do]")) event.preventDefault();
  });
  find("lacking").addEventListener("change", ({ target }) => {
    table.lacking = target.checked;
    table.draw();
  });
  fillColumns();

  // -- Nothing is submitted that is not saved ------------------------------------

  const settled = async () => {
    editor.finish();
    if (await store.settle()) return true;
    say(store.say("not_yet"));
    return false;
  };

  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const submitOne = async (row) => {
    if (!(await settled())) return;
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: row.submit });
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken", value: token?.value || store.token() });
    form.append(field);
    document.body.append(form);
    form.submit();
  };

  find("submit")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await settled()) event.target.submit();
  });

  store.addEventListener("checks", () => {
    drawSummary();
    drawSide();
  });
  store.addEventListener("cells", drawSide);
  table.drawn = drawSide;
  drawSummary();
  drawSide();
})();
