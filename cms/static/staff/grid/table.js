/* The table: rows and columns drawn once, one cell changed at a time. Where the keyboard
   stands, and which cells are chosen. */
window.hocba = window.hocba || {};

hocba.Table = class Table {
  constructor(place, store) {
    this.place = place;
    this.store = store;
    this.all = store.data.columns;
    this.columns = this.all;
    this.lacking = false;
    this.at = { row: 0, column: 0 };
    this.from = this.at;
    this.cells = new Map();
    this.draw();
    store.addEventListener("cells", (event) => event.detail.forEach((cell) => this.update(cell)));
    store.addEventListener("checks", () => this.checks());
  }

  // -- Drawing ------------------------------------------------------------------

  make(name, attributes = {}, ...inside) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...inside);
    return made;
  }

  draw() {
    const place = this.where();
    this.rows = [...this.store.rows.values()].filter((row) => !this.lacking || this.lacks(row));
    this.cells.clear();
    const table = this.make("table", {
      role: "grid",
      class: `hb-cells__table${this.isNarrow() ? " hb-cells__table--fit" : ""}`,
      "aria-label": document.querySelector("h1, .w-header__title")?.textContent.trim(),
      "aria-multiselectable": "true",
      "aria-readonly": this.rows.every((row) => !row.editable) || undefined,
    });
    table.append(this.widths(), this.heads(), this.body());
    this.table = table;
    this.place.replaceChildren(table);
    this.fix();
    this.stand(place);
    this.drawn?.();
  }

  lacks(row) {
    return row.editable && (!row.ready || row.lacks || row.findings.length > 0);
  }

  /* As wide as its columns: then the browser lays a row out without the others. */
  fix() {
    if (this.isNarrow()) return;
    const all = [...this.table.querySelectorAll("col")];
    const wide = all.reduce((sum, col) => sum + parseFloat(getComputedStyle(col).width), 0);
    this.table.style.width = `${wide}px`;
  }

  /* One subject: its comment gets the room. */
  isNarrow() {
    return this.columns.length < 5 && this.columns.some(({ type }) => type === "long_text");
  }

  widths() {
    const group = this.make("colgroup", {}, this.make("col", { class: "hb-cells__name" }));
    for (const column of this.columns) {
      const wide = this.isNarrow() && column.type === "long_text";
      const size = wide ? "hb-col--wide" : `hb-col--${this.size(column)}`;
      group.append(this.make("col", { class: size }));
    }
    group.append(this.make("col", { class: "hb-cells__last" }));
    return group;
  }

  // A level is one letter; a result is a few words.
  size({ type, choices }) {
    if (type === "choice") return choices.every(([, , short]) => short.length < 4) ? "small" : "words";
    return type;
  }

  heads() {
    const head = this.make("thead");
    const rows = [this.make("tr"), this.make("tr"), this.make("tr")];
    const levels = [(c) => c.heading, (c) => `${c.heading} ${c.item}`, (c) => c.path];
    const words = [(c) => c.heading, (c) => c.item, (c) => c.column];
    const corner = { scope: "col", rowspan: 3 };
    rows[0].append(this.make("th", { ...corner, class: "hb-cells__name" }, this.store.say("pupil")));
    for (const n of [0, 1, 2]) {
      let last;
      let before;
      for (const column of this.columns) {
        if (n === 2 && !column.column) continue;
        if (before === levels[n](column)) last.colSpan += 1;
        else {
          const scope = n < 2 ? "colgroup" : "col";
          const height = n === 1 && !column.column ? 2 : undefined;
          const over = n < 2 && column.column ? "hb-cells__over" : undefined;
          last = this.make("th", { scope, rowspan: height, class: over }, this.make("span", {}, words[n](column)));
          rows[n].append(last);
        }
        before = levels[n](column);
      }
    }
    rows[0].append(this.make("th", { ...corner, class: "hb-cells__last" }, this.store.say("missing")));
    head.append(...rows);
    return head;
  }

  body() {
    const body = this.make("tbody");
    if (!this.rows.length) {
      const said = this.make("td", { colspan: this.columns.length + 2 }, this.store.say("none_left"));
      body.append(this.make("tr", {}, said));
    }
    this.rows.forEach((row, n) => body.append(this.row(row, n)));
    return body;
  }

  row(row, n) {
    const state = this.make("span", { class: "hb-cells__state" }, this.make("span", { "aria-hidden": "true" }, row.shape), ` ${row.word}`);
    const name = row.url
      ? this.make("a", { href: row.url, tabindex: -1 }, row.name)
      : this.make("span", { tabindex: -1 }, row.name);
    const first = this.make("th", { scope: "row", class: "hb-cells__name", "data-n": n, "data-c": -1 }, name, state);
    const line = this.make("tr", { "data-id": row.id }, first);
    const findings = this.findings(row);
    this.columns.forEach((column, c) => {
      const cell = this.make("td", { "data-n": n, "data-c": c, tabindex: -1, class: `hb-cell hb-cell--${this.size(column)}` });
      this.cells.set(this.store.key(row.id, column.path), cell);
      this.fill(cell, row, column, findings.get(column.path));
      line.append(cell);
    });
    const last = this.make("td", { class: "hb-cells__last", "data-n": n, "data-c": this.columns.length, tabindex: -1 });
    this.finish(last, row);
    line.append(last);
    return line;
  }

  /* The worst of what is said of each place of a row. */
  findings(row) {
    const worst = new Map();
    for (const [path, kind] of row.findings) {
      if (worst.get(path) !== "block") worst.set(path, kind);
    }
    return worst;
  }

  fill(cell, row, column, found) {
    const key = this.store.key(row.id, column.path);
    const value = this.store.value(row.id, column.path);
    const sign = this.store.open.has(key) ? "⇄" : this.store.errors.has(key) || found === "block" ? "✖" : found ? "⚠" : "";
    const text = hocba.showValue(column, value);
    const inside = column.type === "long_text" ? [this.make("span", { class: "hb-cell__text" }, text)] : [text];
    if (sign) inside.push(this.make("span", { class: "hb-cell__sign", "aria-hidden": "true" }, sign));
    cell.replaceChildren(...inside);
    cell.dataset.sign = sign;
    cell.classList.toggle("hb-cell--typed", this.store.typed.has(key));
    if (sign === "✖" || sign === "⇄") cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
    if (!this.store.mayEdit(row.id, column.path)) cell.setAttribute("aria-readonly", "true");
  }

  finish(last, row) {
    const inside = [];
    const looks = row.findings.filter(([, kind]) => kind !== "block").length;
    if (row.ready) inside.push(this.make("span", { class: "hb-cells__ready" }, `✔ ${this.store.say("ready")}`));
    if (row.lacks) inside.push(this.make("span", { class: "hb-cells__lacks" }, `${row.ready ? "" : "✖ "}${row.lacks}`));
    if (looks) inside.push(this.make("span", {}, `⚠ ${looks}`));
    if (row.ready && row.submit) {
      const label = this.store.say("submit_name", { name: row.name });
      const button = this.make("button", { type: "button", class: "button button-small button-secondary", tabindex: -1, "data-submit-one": row.id, "aria-label": label }, this.store.say("submit"));
      inside.unshift(button);
    }
    last.replaceChildren(...inside);
  }

  update({ id, path }) {
    const cell = this.cells.get(this.store.key(id, path));
    const row = this.store.rows.get(id);
    if (!cell || cell.dataset.editing) return;
    this.fill(cell, row, this.columns[Number(cell.dataset.c)], this.findings(row).get(path));
  }

  checks() {
    this.rows.forEach((row, n) => {
      const line = this.table.tBodies[0].rows[n];
      const findings = this.findings(row);
      const now = JSON.stringify([row.findings, row.lacks, row.ready, row.editable]);
      if (line.dataset.now === now) return;
      line.dataset.now = now;
      this.columns.forEach((column, c) => {
        const cell = line.cells[c + 1];
        if (!cell.dataset.editing) this.fill(cell, row, column, findings.get(column.path));
      });
      const focused = line.lastElementChild.contains(document.activeElement);
      this.finish(line.lastElementChild, row);
      if (focused) this.focus();
    });
  }

  // -- Where the keyboard stands ------------------------------------------------

  where() {
    const row = this.rows?.[this.at.row];
    return { id: row?.id, path: this.columns[this.at.column]?.path };
  }

  stand({ id, path }) {
    const row = Math.max(0, this.rows.findIndex((one) => one.id === id));
    const column = Math.max(0, this.columns.findIndex((one) => one.path === path));
    this.at = this.from = { row, column };
    this.tabStop();
    this.mark();
  }

  /* What of a place takes the focus: a link or a button inside, else the cell. */
  target({ row, column }) {
    const line = this.table.tBodies[0].rows[row];
    const cell = line?.cells[column + 1];
    return cell?.querySelector("a, button, th > span") || cell;
  }

  tabStop() {
    this.table.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    this.target(this.at)?.setAttribute("tabindex", "0");
  }

  go(row, column, { extend = false, focus = true } = {}) {
    this.at = {
      row: Math.min(Math.max(row, 0), this.rows.length - 1),
      column: Math.min(Math.max(column, -1), this.columns.length),
    };
    if (!extend) this.from = this.at;
    this.tabStop();
    this.mark();
    if (focus) this.focus();
  }

  focus() {
    this.target(this.at)?.focus({ preventScroll: true });
    this.show();
  }

  /* Into view, not below the columns that stay. */
  show() {
    const cell = this.target(this.at)?.closest("td, th");
    if (!cell) return;
    const box = this.place.getBoundingClientRect();
    const one = cell.getBoundingClientRect();
    const line = cell.parentElement;
    const left = line.firstElementChild.getBoundingClientRect().right;
    const right = line.lastElementChild.getBoundingClientRect().left;
    const top = this.table.tHead.getBoundingClientRect().bottom;
    const inside = this.at.column >= 0 && this.at.column < this.columns.length;
    if (inside && one.left < left) this.place.scrollLeft -= left - one.left;
    else if (inside && one.right > right) this.place.scrollLeft += one.right - right;
    if (one.top < top) this.place.scrollTop -= top - one.top;
    else if (one.bottom > box.bottom - 16) this.place.scrollTop += one.bottom - box.bottom + 16;
    const now = cell.getBoundingClientRect();
    if (now.top < 0 || now.bottom > innerHeight) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  cellAt({ row, column }) {
    const one = this.rows[row];
    const field = this.columns[column];
    return one && field ? { row: one, column: field } : null;
  }

  /* The chosen cells as rows of {id, path}. */
  chosen() {
    const rows = [this.at.row, this.from.row].sort((a, b) => a - b);
    const columns = [this.at.column, this.from.column].sort((a, b) => a - b);
    const picked = [];
    for (let r = rows[0]; r <= rows[1]; r += 1) {
      const line = [];
      for (let c = Math.max(0, columns[0]); c <= Math.min(columns[1], this.columns.length - 1); c += 1) {
        line.push({ id: this.rows[r].id, path: this.columns[c].path, column: this.columns[c] });
      }
      if (line.length) picked.push(line);
    }
    return picked;
  }

  mark() {
    for (const cell of this.marked || []) {
      cell.classList.remove("hb-cell--chosen");
      cell.removeAttribute("aria-selected");
    }
    const many = this.at.row !== this.from.row || this.at.column !== this.from.column;
    this.marked = many ? this.chosen().flat().map(({ id, path }) => this.cells.get(this.store.key(id, path))) : [];
    for (const cell of this.marked) {
      cell.classList.add("hb-cell--chosen");
      cell.setAttribute("aria-selected", "true");
    }
  }

  // -- Which columns and rows ---------------------------------------------------

  pick(wanted) {
    const [kind, ...rest] = wanted.split(":");
    const name = rest.join(":");
    this.columns = this.all.filter(
      (column) => kind === "all" || (kind === "heading" && column.heading === name) || (kind === "item" && `${column.heading} ${column.item}` === name),
    );
    this.draw();
    this.place.scrollLeft = 0;
    this.show();
  }
};
