/* Changing cells: one at a time in place, many by filling, pasting and undoing. */
window.hocba = window.hocba || {};

hocba.Editor = class Editor {
  constructor(table, store, hooks) {
    Object.assign(this, { table, store, hooks, field: null });
    const { place } = table;
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("keypress", (event) => event.stopPropagation());
    place.addEventListener("mousedown", (event) => this.press(event));
    place.addEventListener("focusin", () => hooks.moved());
    place.addEventListener("copy", (event) => this.copy(event));
    place.addEventListener("paste", (event) => this.paste(event));
    place.addEventListener("focusout", (event) => {
      if (event.target === this.field) this.finish();
    });
  }

  get here() {
    return this.table.cellAt(this.table.at);
  }

  // -- One cell -----------------------------------------------------------------

  begin(text) {
    const here = this.here;
    if (!here || this.field || !this.store.mayEdit(here.row.id, here.column.path)) return;
    const { row, column } = here;
    const cell = this.table.cells.get(this.store.key(row.id, column.path));
    const field = this.control(column);
    field.setAttribute("aria-label", `${row.name}, ${column.label}`);
    field.className = "hb-cell__field";
    field.value = text ?? this.store.value(row.id, column.path);
    cell.dataset.editing = "1";
    cell.replaceChildren(field);
    Object.assign(this, { field, cell, row, column });
    field.focus({ preventScroll: true });
    this.table.show();
    if (text === undefined) field.select?.();
  }

  control(column) {
    if (column.choices) {
      const field = document.createElement("select");
      field.append(new Option("–", ""), ...column.choices.map(([value, label]) => new Option(label, value)));
      return field;
    }
    const long = column.type === "long_text" || column.type === "lines";
    const field = document.createElement(long ? "textarea" : "input");
    if (column.max && column.type !== "lines") field.maxLength = column.max;
    if (column.type === "decimal" || column.type === "integer") field.inputMode = "decimal";
    if (long) field.rows = 4;
    return field;
  }

  finish({ keep = true } = {}) {
    const { field, cell, row, column } = this;
    if (!field) return;
    this.field = null;
    delete cell.dataset.editing;
    const value = hocba.readValue(column, field.value);
    const touched = field.value !== this.store.value(row.id, column.path);
    if (keep && touched) this.store.edit([{ id: row.id, path: column.path, value }]);
    this.table.update({ id: row.id, path: column.path });
    this.hooks.moved();
  }

  // -- Keys ---------------------------------------------------------------------

  key(event) {
    // Wagtail and our lists have single keys of their own; in the grid letters are text.
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    if (this.field) this.keyInside(event);
    else if (event.ctrlKey || event.metaKey) this.command(event);
    else this.keyOutside(event);
  }

  keyInside(event) {
    const { row, column } = this.table.at;
    const lines = this.here.column.type === "lines" && event.shiftKey;
    if (event.isComposing) return;
    if (event.key === "Escape") this.leave(event, row, column, { keep: false });
    else if (event.key === "Enter" && event.ctrlKey) this.leave(event, row, column);
    else if (event.key === "Enter" && !lines) this.leave(event, row + 1, column);
    else if (event.key === "Tab") this.leave(event, row, column + (event.shiftKey ? -1 : 1));
    else if (event.key === "b" && event.ctrlKey) {
      this.leave(event, row, column);
      this.hooks.bank();
    }
  }

  leave(event, row, column, how) {
    event.preventDefault();
    event.stopPropagation();
    this.finish(how);
    this.table.go(row, column);
  }

  command(event) {
    const acts = { d: () => this.fill(), z: () => this.undo(), b: () => this.hooks.bank() };
    const act = acts[event.key.toLowerCase()];
    if (event.key === "Home") this.table.go(0, 0);
    else if (event.key === "End") this.table.go(this.table.rows.length - 1, this.table.columns.length);
    else if (act) act();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  keyOutside(event) {
    const { row, column } = this.table.at;
    const moves = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, -1],
      End: [row, this.table.columns.length],
      PageUp: [row - 10, column],
      PageDown: [row + 10, column],
    };
    const move = moves[event.key];
    const onControl = event.target.closest("a, button");
    if (move) this.table.go(...move, { extend: event.shiftKey && !onControl });
    else if (event.key === "?") this.hooks.keys();
    else if (onControl) return;
    else if (event.key === "Enter" || event.key === "F2") this.begin();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (event.key.length === 1 && !event.altKey) this.type(event.key);
    else return;
    event.preventDefault();
  }

  /* The first letter: of a level it is the whole value. */
  type(letter) {
    const here = this.here;
    if (!here || !this.store.mayEdit(here.row.id, here.column.path)) return;
    const { row, column } = here;
    if (!column.choices) {
      this.begin(letter);
      return;
    }
    const value = hocba.readValue(column, letter);
    if (column.choices.some(([one]) => one === value)) {
      this.store.edit([{ id: row.id, path: column.path, value }]);
      this.table.go(this.table.at.row + 1, this.table.at.column);
    } else this.begin();
  }

  press(event) {
    const place = event.target.closest("[data-n]");
    if (!place || event.target === this.field || event.button || event.target.closest("a, button")) return;
    event.preventDefault();
    this.finish();
    const [row, column] = [Number(place.dataset.n), Number(place.dataset.c)];
    const again = this.table.at.row === row && this.table.at.column === column && place.contains(document.activeElement);
    this.table.go(row, column, { extend: event.shiftKey });
    if (again || event.detail > 1) this.begin();
  }

  // -- Many cells ---------------------------------------------------------------

  clear() {
    const cells = this.table.chosen().flat();
    this.store.edit(cells.map(({ id, path }) => ({ id, path, value: "" })));
  }

  undo() {
    const count = this.store.undo();
    this.hooks.say(this.store.say(count ? "undone" : "nothing_to_undo", { n: count }));
  }

  /* Down the chosen cells; from a single one into the empty cells below it. */
  fill() {
    this.finish();
    const chosen = this.table.chosen();
    const cells = chosen.length > 1 ? this.filling(chosen) : this.fillingEmpty();
    const count = this.store.edit(cells);
    this.hooks.say(this.store.say(count ? "filled" : "nothing_to_fill", { n: count }));
    this.table.focus();
  }

  filling([first, ...below]) {
    const values = first.map(({ id, path }) => this.store.value(id, path));
    return below.flatMap((line) => line.map(({ id, path }, n) => ({ id, path, value: values[n] })));
  }

  fillingEmpty() {
    const here = this.here;
    if (!here) return [];
    const { path } = here.column;
    const value = this.store.value(here.row.id, path);
    const below = this.table.rows.slice(this.table.at.row + 1);
    return below.filter((row) => !this.store.value(row.id, path)).map((row) => ({ id: row.id, path, value }));
  }

  copy(event) {
    if (this.field) return;
    const rows = this.table.chosen().map((line) => line.map(({ id, path, column }) => hocba.showValue(column, this.store.value(id, path))));
    if (!rows.length) return;
    event.clipboardData.setData("text/plain", hocba.formatCells(rows));
    event.preventDefault();
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain");
    const rows = hocba.parseCells(text);
    const one = rows.length === 1 && rows[0].length === 1;
    // In a cell that is being changed a plain text goes where the caret stands.
    if (this.field && (one || !text.includes("\t"))) return;
    event.preventDefault();
    this.finish({ keep: false });
    const { cells, left } = this.placed(rows);
    const count = this.store.edit(cells);
    const said = [this.store.say("pasted", { n: count })];
    if (left) said.push(this.store.say("left_out", { n: left }));
    this.hooks.say(said.join(" "));
    this.table.focus();
  }

  /* One value fills everything that is chosen; a block begins at the first cell. */
  placed(rows) {
    const chosen = this.table.chosen();
    if (rows.length === 1 && rows[0].length === 1 && chosen.flat().length > 1) {
      const cells = chosen.flat().map(({ id, path, column }) => ({ id, path, value: hocba.readValue(column, rows[0][0]) }));
      return { cells, left: 0 };
    }
    const top = Math.min(this.table.at.row, this.table.from.row);
    const start = Math.max(0, Math.min(this.table.at.column, this.table.from.column));
    const cells = [];
    let left = 0;
    rows.forEach((line, r) => line.forEach((text, c) => {
      const here = this.table.cellAt({ row: top + r, column: start + c });
      if (here && this.store.mayEdit(here.row.id, here.column.path)) cells.push({ id: here.row.id, path: here.column.path, value: hocba.readValue(here.column, text) });
      else if (text.trim()) left += 1;
    }));
    return { cells, left };
  }
};
