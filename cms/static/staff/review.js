/* The head's review: Space finds fine and goes on, the page stands at the width that it
   has on paper, and a reason that was typed outlives a session. Works without any of it. */
(() => {
  const root = document.querySelector("[data-review]");
  if (!root) return;
  const approve = document.querySelector("[data-approve]");
  const form = document.querySelector("[data-reason-form]");
  const reason = form?.elements.reason;

  // -- Keys ---------------------------------------------------------------------

  const CONTROLS = "a, button, summary, input, textarea, select, [contenteditable], dialog";
  const open = () => document.querySelector("dialog[open], .w-dialog:not([aria-hidden=true])");

  const onKey = (event) => {
    if (event.defaultPrevented || event.altKey || event.shiftKey || open()) return;
    const inForm = reason && event.target === reason;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && inForm) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === " " && !event.ctrlKey && !event.metaKey) {
      // On a control Space is the control's; a key held down finds nothing fine.
      if (event.target.closest?.(CONTROLS)) return;
      event.preventDefault();
      if (!event.repeat) approve?.requestSubmit();
    }
  };
  document.addEventListener("keydown", onKey);

  // Keys pressed in the printed page are for this page, but those that scroll.
  const forward = (event) => {
    if (event.key === " ") return onKey(event);
    if (!/^[a-z?/]$|^Escape$/.test(event.key) || event.ctrlKey || event.metaKey) return;
    const { key, code, keyCode } = event;
    const about = { key, code, keyCode, which: keyCode, bubbles: true, cancelable: true };
    for (const type of ["keydown", "keypress"]) document.body.dispatchEvent(new KeyboardEvent(type, { ...about, charCode: key.length === 1 ? key.charCodeAt(0) : 0 }));
  };

  // -- The page at its width on paper -------------------------------------------

  const PAPER = 840; // px: 210 mm and the grey around it
  const SMALLEST = 480; // below, the page breaks its lines anew, to be readable
  const box = document.querySelector("[data-fit]");
  const frame = box.querySelector("iframe");
  const fit = () => {
    const width = box.clientWidth;
    const scale = width < SMALLEST ? 1 : Math.min(1, width / PAPER);
    frame.style.width = scale === 1 ? "100%" : `${PAPER}px`;
    frame.style.height = `${box.clientHeight / scale}px`;
    frame.style.transform = scale === 1 ? "" : `scale(${scale})`;
    frame.style.transformOrigin = "0 0";
  };
  fit();
  new ResizeObserver(fit).observe(box);
  const listen = () => frame.contentDocument?.addEventListener("keydown", forward);
  frame.addEventListener("load", listen);
  listen();

  // -- A reason outlives a session ----------------------------------------------

  const name = (uuid) => `hocba:draft:${root.dataset.user}:reason:${uuid}`;
  const SENT = "hocba:reason-sent";
  const LASTS = 12 * 3600 * 1000;
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return null; // a full or forbidden storage: the page still holds what is typed
    }
  };

  const keep = () =>
    attempt(() => {
      localStorage.setItem("hocba:user", root.dataset.user); // whose to forget at sign-out
      if (!reason.value.trim()) return localStorage.removeItem(name(root.dataset.review));
      localStorage.setItem(name(root.dataset.review), JSON.stringify({ text: reason.value, at: Date.now() }));
    });

  // What was sent and led on to another record has arrived.
  const sent = attempt(() => sessionStorage.getItem(SENT));
  if (sent && sent !== root.dataset.review) attempt(() => localStorage.removeItem(name(sent)));
  attempt(() => sessionStorage.removeItem(SENT));

  if (reason) {
    const kept = attempt(() => JSON.parse(localStorage.getItem(name(root.dataset.review))));
    if (kept && Date.now() - kept.at < LASTS) {
      reason.value = kept.text;
      reason.closest("details").open = true;
      form.querySelector("[data-kept]").hidden = false;
    }
    reason.addEventListener("input", keep);
    form.addEventListener("submit", () => attempt(() => sessionStorage.setItem(SENT, root.dataset.review)));
    form.addEventListener("click", ({ target }) => {
      const text = target.closest("[data-reason]")?.dataset.reason;
      if (!text) return;
      reason.value = text;
      keep();
      reason.focus();
    });
  }

  // Signing in again in another window gives a new token; the cookie has it.
  document.addEventListener("submit", ({ target }) => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    const field = target.elements?.csrfmiddlewaretoken;
    if (token && field) field.value = token;
  });
})();
