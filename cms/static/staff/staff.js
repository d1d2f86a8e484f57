/* Keyboard in lists, focus where it is needed. Buttons with a key of their own use
   Wagtail's w-kbd controller; pages work without any of this. */
(() => {
  const typing = (target) =>
    target.closest("input, textarea, select, [contenteditable], [role=tablist]");

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
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return closeReason();
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    // Where j and k turn pages, Wagtail's controller has them.
    const taken = document.querySelector('[data-w-kbd-key-value="j"], [data-w-kbd-key-value="k"]');
    if (event.key === "j" && !taken) move(1);
    else if (event.key === "k" && !taken) move(-1);
    else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (!field) return;
      field.focus();
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

  document.addEventListener("DOMContentLoaded", () => {
    for (const frame of document.querySelectorAll("iframe[data-page]")) {
      frame.addEventListener("load", () => openAt(frame));
      if (frame.contentDocument?.readyState === "complete") openAt(frame);
    }
    const error = document.querySelector(".hb-page .error-message");
    const field = error?.parentElement.querySelector("input, select, textarea");
    (field || document.querySelector("[data-first]"))?.focus({ preventScroll: !field });
  });
})();
