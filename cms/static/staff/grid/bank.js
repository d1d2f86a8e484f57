/* The school's comment bank: find, choose with the arrows, add, delete. */
window.hocba = window.hocba || {};

hocba.Bank = class Bank {
  constructor(dialog, store, table, done) {
    Object.assign(this, { dialog, store, table, done });
    const part = (name) => dialog.querySelector(`[data-bank-${name}]`);
    Object.assign(this, { where: part("place"), search: part("find"), list: part("list"), said: part("said"), add: part("add") });
    this.search.addEventListener("input", () => this.draw());
    this.add.addEventListener("click", () => this.put());
    this.list.addEventListener("click", (event) => this.click(event));
    dialog.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("close", () => this.done());
  }

  /* For the comment of the row of the cell where the keyboard stands. */
  async open() {
    const here = this.table.cellAt(this.table.at);
    const columns = this.store.data.columns;
    const field = here && columns.find((one) => one.type === "long_text" && one.part && one.part === here.column.part);
    if (!field || !this.store.mayEdit(here.row.id, field.path)) return false;
    this.row = here.row;
    this.field = field;
    const level = columns.find((one) => one.type === "choice" && one.part === field.part);
    this.level = level ? this.store.value(here.row.id, level.path) : "";
    this.where.textContent = [here.row.name, field.item, this.level].filter(Boolean).join(" · ");
    this.search.value = "";
    this.said.textContent = "";
    this.add.disabled = !this.store.value(here.row.id, field.path);
    this.dialog.showModal();
    const answer = this.phrases ? { phrases: this.phrases } : await this.store.ask(this.store.data.phrases, "GET");
    this.phrases = answer?.phrases;
    this.draw();
    return true;
  }

  draw() {
    if (!this.phrases) {
      this.said.textContent = this.store.say("bank_failed");
      return;
    }
    const wanted = this.search.value.trim().toLocaleLowerCase("vi");
    const fits = ({ part, level, text }) =>
      part === this.field.part && (!level || !this.level || level === this.level) && text.toLocaleLowerCase("vi").includes(wanted);
    const found = this.phrases.filter(fits);
    this.list.replaceChildren(...found.map((one) => this.line(one)));
    if (!found.length) this.said.textContent = this.store.say("bank_none");
    else if (this.said.textContent === this.store.say("bank_none")) this.said.textContent = "";
  }

  line({ id, text, level }) {
    const item = document.createElement("li");
    const use = document.createElement("button");
    Object.assign(use, { type: "button", className: "hb-bank__use", textContent: level ? `${level} · ${text}` : text });
    use.dataset.use = id;
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "button button-small button-secondary", textContent: "✖" });
    remove.dataset.remove = id;
    remove.setAttribute("aria-label", this.store.say("bank_delete", { text }));
    item.append(use, remove);
    return item;
  }

  click({ target }) {
    const one = (id) => this.phrases.find((phrase) => phrase.id === Number(id));
    const use = target.closest("[data-use]");
    const remove = target.closest("[data-remove]");
    if (use) {
      this.store.edit([{ id: this.row.id, path: this.field.path, value: one(use.dataset.use).text }]);
      this.dialog.close();
    } else if (remove) this.remove(one(remove.dataset.remove));
  }

  key(event) {
    event.stopPropagation();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [this.search, ...this.list.querySelectorAll("[data-use]")];
    const at = stops.indexOf(document.activeElement);
    stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
    event.preventDefault();
  }

  async put() {
    const text = this.store.value(this.row.id, this.field.path);
    const body = { row: this.row.id, path: this.field.path, level: this.level, text };
    const made = await this.store.ask(this.store.data.phrases, "POST", body);
    if (made && !this.phrases.some(({ id }) => id === made.id)) this.phrases.push(made);
    this.draw();
    this.said.textContent = this.store.say(made ? "bank_added" : "bank_failed");
  }

  async remove(phrase) {
    const url = this.store.data.phrase.replace("/0/", `/${phrase.id}/`);
    if (!(await this.store.ask(url, "DELETE"))) {
      this.said.textContent = this.store.say("bank_failed");
      return;
    }
    this.phrases = this.phrases.filter((one) => one !== phrase);
    this.draw();
    this.search.focus();
  }
};
