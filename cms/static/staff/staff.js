/* Keyboard in lists, focus where it is needed. Buttons with a key of their own use
   Wagtail's w-kbd controller; pages work without any of this. */
(() => {
  const searchPage = document.currentScript?.dataset.searchPage;

  const typing = (target) =>
    target.closest("input, textarea, select, [contenteditable], [role=tablist]");

  // The grid has keys of its own; in it j, k and Esc are for its cells.
  const inGrid = (target) => target.closest(".hb-cells");

  const rows = () =>
    [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);

  const move = (step) => {
    const all = rows();
    const here = all.indexOf(document.activeElement);
    const next = all[Math.min(all.length - 1, Math.max(0, here + step))];
    next?.focus();
  };

  // What was typed stays in it.
  const closeReason = () => {
    const open = document.querySelector("details.hb-reason[open]");
    if (!open) return false;
    open.open = false;
    open.querySelector("summary").focus();
    return true;
  };

  // Whoever has typed something or stands before an open dialog stays where they are.
  let typed = false;
  document.addEventListener("input", ({ target }) => (typed ||= !target.matches("[data-search]")));
  const DIALOGS = "dialog[open], .w-dialog:not([aria-hidden=true])";
  // Looked at before anybody else hears of the key: Esc has closed it afterwards.
  let inDialog = false;
  window.addEventListener(
    "keydown",
    () => (inDialog = document.querySelector(DIALOGS) !== null),
    true,
  );

  // Back is the page before this one in the line of pages above the title.
  const back = () => {
    const line = [...document.querySelectorAll(".w-breadcrumbs a")];
    const above = line.filter((link) => link.pathname !== location.pathname).pop();
    if (above) location.assign(above.href);
  };

  const search = () => {
    const field = document.querySelector("[data-search]");
    if (field) return field.focus();
    // Who does not search has no such page in the menu.
    document.querySelector(`a[href="${searchPage}"]`)?.click();
  };

  const onEscape = (event) => {
    if (event.defaultPrevented || inDialog || closeReason()) return;
    if (event.target.matches("[data-search]")) return event.target.blur();
    if (!typing(event.target) && !inGrid(event.target) && !typed) back();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return onEscape(event);
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (inDialog || inGrid(event.target)) return;
    // Where j and k turn pages, Wagtail's controller has them.
    const taken = document.querySelector('[data-w-kbd-key-value="j"], [data-w-kbd-key-value="k"]');
    if (event.key === "j" && !taken) move(1);
    else if (event.key === "k" && !taken) move(-1);
    else if (event.key === "/") {
      search();
      event.preventDefault();
    }
  });

  // Whoever signs out leaves no pupil's data in this browser.
  document.addEventListener("submit", ({ target }) => {
    if (!target.action?.includes("/logout/")) return;
    const own = `hocba:draft:${localStorage.getItem("hocba:user")}:`;
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(own)) localStorage.removeItem(key);
    }
  });

  // A reason that was asked for is what is typed next.
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.("details.hb-reason[open]")) {
        event.target.querySelector("textarea")?.focus();
      }
    },
    true,
  );

  // The page that a reader wants first. An address with # would move our page too.
  const openAt = (frame) => {
    const page = frame.contentDocument?.getElementById(frame.dataset.page);
    if (page) frame.contentWindow.scrollTo(0, page.offsetTop);
  };

  // What an error is about: the field around it, else the one before it.
  const FIELD = "input:not([type=hidden]), select, textarea";
  const fieldOf = (error) => {
    const around = error.closest(".w-field__wrapper, .hb-field, .hb-mend")?.querySelector(FIELD);
    if (around) return around;
    const all = [...(error.closest("form")?.querySelectorAll(FIELD) ?? [])];
    const before = (one) => one.compareDocumentPosition(error) & Node.DOCUMENT_POSITION_FOLLOWING;
    return all.findLast(before) ?? all[0];
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of document.querySelectorAll("iframe[data-page]")) {
      frame.addEventListener("load", () => openAt(frame));
      if (frame.contentDocument?.readyState === "complete") openAt(frame);
    }
    const error = document.querySelector(".hb-page .error-message");
    const field = error && fieldOf(error);
    (field || document.querySelector("[data-first]"))?.focus({ preventScroll: !field });
  });
})();
