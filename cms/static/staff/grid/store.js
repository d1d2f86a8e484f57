/* What is typed into a class, until the server has it. No page, no drawing: the grid
   and the form of one pupil stand on it.

   A cell is typed on what was seen in it (`was`). The server writes it only where
   that still stands, so nothing is overwritten unseen. Until it has answered, the cell
   is kept in the browser's storage, under the person and the record. */
window.hocba = window.hocba || {};

hocba.Store = class Store extends EventTarget {
  constructor(data, texts) {
    super();
    this.data = data;
    this.texts = texts;
    this.rows = new Map(data.rows.map((row) => [row.id, row]));
    this.typed = new Map(); // "id path" → {id, path, was, value}: on their way
    this.open = new Map(); // the same keys → {mine}: somebody else changed the cell
    this.errors = new Map(); // the same keys → sentence: the server refused the value
    this.steps = []; // for undo
    this.busy = false;
    this.pause = 0;
    this.state = "";
    for (const row of data.rows) {
      for (const [path, mine] of Object.entries(row.theirs || {})) {
        this.open.set(this.key(row.id, path), { id: row.id, path, mine });
      }
    }
    this.restore();
    for (const name of ["online", "focus"]) {
      window.addEventListener(name, () => this.typed.size && this.flush());
    }
    window.addEventListener("pagehide", () => this.typed.size && this.flush(true));
    document.addEventListener("submit", (event) => this.signOut(event), true);
  }

  key(id, path) {
    return `${id} ${path}`;
  }

  say(key, values = {}) {
    return (this.texts[key] || key).replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
  }

  /* What the person sees in a cell. */
  value(id, path) {
    const key = this.key(id, path);
    return this.typed.get(key)?.value ?? this.open.get(key)?.mine ?? this.known(id, path);
  }

  known(id, path) {
    return this.rows.get(id)?.values[path] ?? "";
  }

  /* First results stay as they were signed; the second stand beside them. */
  mayEdit(id, path) {
    const row = this.rows.get(id);
    return Boolean(row?.editable) && !row.fixed.includes(path);
  }

  /* Several cells as one act, which one undo takes back. */
  edit(cells, { remember = true } = {}) {
    const step = [];
    for (const { id, path, value } of cells) {
      if (!this.mayEdit(id, path)) continue;
      const before = this.value(id, path);
      const key = this.key(id, path);
      if (before === value && !this.open.has(key)) continue;
      step.push({ id, path, value: before });
      this.put(id, path, value);
    }
    if (!step.length) return 0;
    if (remember) this.steps.push(step);
    this.changed(step);
    this.later(700);
    return step.length;
  }

  put(id, path, value) {
    const key = this.key(id, path);
    this.errors.delete(key);
    this.open.delete(key);
    // On the way to the server it may be: its answer decides what is known.
    if (value === this.known(id, path) && !this.sent?.has(key)) {
      this.typed.delete(key);
      this.forget(id, path);
    } else {
      const one = { id, path, was: this.known(id, path), value };
      this.typed.set(key, one);
      this.keep(one);
    }
  }

  undo() {
    const step = this.steps.pop();
    return step ? this.edit(step, { remember: false }) : 0;
  }

  /* Of a cell that somebody else changed: mine over theirs, or theirs. */
  choose(id, path, mine) {
    const one = this.open.get(this.key(id, path));
    if (!one) return;
    if (mine) this.edit([{ id, path, value: one.mine }]);
    else {
      this.open.delete(this.key(id, path));
      this.forget(id, path);
      // Also where the server keeps the choice open: typed again as it stands.
      const value = this.known(id, path);
      this.typed.set(this.key(id, path), { id, path, was: value, value });
      this.later(0);
      this.changed([{ id, path }]);
    }
  }

  get pending() {
    return this.typed.size + this.open.size + this.errors.size;
  }

  changed(cells) {
    this.dispatchEvent(new CustomEvent("cells", { detail: cells }));
    this.tell();
  }

  // -- The server ---------------------------------------------------------------

  later(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), milliseconds);
  }

  async flush(leaving = false) {
    const sending = [...this.typed].filter(([key]) => !this.errors.has(key));
    if (this.busy || !sending.length) return !sending.length;
    clearTimeout(this.timer);
    this.busy = true;
    this.sent = new Map(sending);
    const rows = {};
    for (const [, { id, path, was, value }] of sending) {
      (rows[id] ||= []).push({ path, was, value });
    }
    this.tell("saving");
    const answer = await this.ask(this.data.save, "POST", { rows }, leaving);
    this.busy = false;
    if (answer) this.take(answer);
    this.sent = null;
    if (this.waiting().length) this.later(answer ? 50 : this.pause);
    return Boolean(answer);
  }

  /* Everything sent that can be; whether nothing is left here. */
  async settle() {
    while (this.busy) await new Promise((done) => setTimeout(done, 50));
    await this.flush();
    return !this.pending;
  }

  waiting() {
    return [...this.typed.keys()].filter((key) => !this.errors.has(key));
  }

  /* The answer as data; null when there is none, and the state says why. */
  async ask(url, method, body, leaving = false) {
    let response;
    try {
      response = await fetch(url, {
        method,
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token() },
        body: body && JSON.stringify({ user: this.data.user, ...body }),
        redirect: "manual",
        keepalive: leaving,
      });
    } catch {
      return this.wait("offline");
    }
    // The way to the sign-in page is a redirect; a token may have gone with the session.
    if (response.type === "opaqueredirect") return this.wait("expired");
    if (response.status === 409) return this.wait("other_user");
    if (response.status === 403) return this.wait("expired");
    if (!response.ok) return this.wait("failed");
    this.pause = 0;
    return response.json().catch(() => this.wait("failed"));
  }

  wait(state) {
    this.pause = Math.min(30000, Math.max(2000, this.pause * 2));
    this.tell(state);
    return null;
  }

  // The cookie, not the page: signing in again in another window gives a new one.
  token() {
    return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
  }

  take(answer) {
    const cells = [];
    for (const [id, outcome] of Object.entries(answer.rows)) {
      const row = this.rows.get(id);
      for (const [path, value] of Object.entries(outcome.saved || {})) {
        cells.push(this.arrived(row, path, value));
      }
      for (const [path, value] of Object.entries(outcome.theirs || {})) {
        cells.push(this.collided(row, path, value));
      }
      for (const [path, sentence] of Object.entries(outcome.errors || {})) {
        if (!this.unchanged(id, path)) continue;
        this.errors.set(this.key(id, path), sentence);
        cells.push({ id, path });
      }
      if (outcome.gone && row) row.editable = false;
    }
    for (const [id, checks] of Object.entries(answer.checks)) {
      if (this.rows.has(id)) Object.assign(this.rows.get(id), checks);
    }
    this.savedAt = answer.saved_at;
    this.data.summary = answer.summary;
    this.state = "saved";
    this.changed(cells);
    this.dispatchEvent(new Event("checks"));
  }

  unchanged(id, path) {
    const key = this.key(id, path);
    return this.typed.get(key)?.value === this.sent?.get(key)?.value;
  }

  arrived(row, path, value) {
    const key = this.key(row.id, path);
    row.values[path] = value;
    if (this.unchanged(row.id, path)) {
      this.typed.delete(key);
      this.forget(row.id, path);
    } else if (this.typed.has(key)) {
      this.typed.get(key).was = value;
      this.keep(this.typed.get(key));
    }
    return { id: row.id, path };
  }

  collided(row, path, value) {
    const key = this.key(row.id, path);
    const mine = this.typed.get(key)?.value;
    row.values[path] = value;
    this.typed.delete(key);
    if (mine !== undefined && mine !== value) {
      this.open.set(key, { id: row.id, path, mine });
    } else this.forget(row.id, path);
    return { id: row.id, path };
  }

  tell(state) {
    if (state) this.state = state;
    else if (this.waiting().length && !["offline", "expired", "other_user", "failed"].includes(this.state)) {
      this.state = this.busy ? "saving" : "unsaved";
    }
    this.dispatchEvent(new Event("state"));
  }

  // -- The browser's storage ----------------------------------------------------

  name(id) {
    return `hocba:draft:${this.data.user}:${id}`;
  }

  read(id) {
    try {
      return JSON.parse(localStorage.getItem(this.name(id))) || {};
    } catch {
      return {};
    }
  }

  write(id, cells) {
    try {
      if (Object.keys(cells).length) localStorage.setItem(this.name(id), JSON.stringify(cells));
      else localStorage.removeItem(this.name(id));
    } catch {
      // A full or forbidden storage: the page still holds what is typed.
    }
  }

  // Cell by cell: another window may keep others of the same record.
  keep({ id, path, was, value }) {
    try {
      localStorage.setItem("hocba:user", this.data.user); // whose to forget at sign-out
    } catch {
      return;
    }
    this.write(id, { ...this.read(id), [path]: { was, value } });
  }

  forget(id, path) {
    const cells = this.read(id);
    delete cells[path];
    this.write(id, cells);
  }

  /* What was typed before and never arrived: merged, or shown beside theirs. */
  restore() {
    let found = 0;
    for (const row of this.rows.values()) {
      for (const [path, { was, value }] of Object.entries(this.read(row.id))) {
        const now = this.known(row.id, path);
        if (!this.mayEdit(row.id, path) || now === value) this.forget(row.id, path);
        else if (now === was) {
          this.typed.set(this.key(row.id, path), { id: row.id, path, was, value });
          found += 1;
        } else this.open.set(this.key(row.id, path), { id: row.id, path, mine: value });
      }
    }
    this.restored = found;
    if (found) this.later(300);
  }

  /* Whoever signs out leaves nothing here; staff.js empties the storage. */
  async signOut(event) {
    const form = event.target;
    if (!form.action?.includes("/logout/") || form.dataset.sure || !this.pending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const done = await this.settle();
    if (!done && !confirm(this.say("signing_out", { n: this.pending }))) return;
    form.dataset.sure = "1";
    form.requestSubmit();
  }
};

/* The line at the top right, for the grid and for the form. */
hocba.showState = (store, place) => {
  const draw = () => {
    const { state } = store;
    place.dataset.state = state;
    place.textContent = store.say(state, { time: store.savedAt });
    if (state === "expired" || state === "other_user") {
      const link = document.createElement("a");
      Object.assign(link, { href: store.data.login, target: "_blank", textContent: store.say("sign_in") });
      place.append(" ", link);
    }
    if (store.open.size) place.append(` · ${store.say("conflicts", { n: store.open.size })}`);
  };
  store.addEventListener("state", draw);
  if (store.restored) {
    store.state = "restored";
    place.textContent = store.say("restored", { n: store.restored });
  } else if (store.open.size) draw();
};
