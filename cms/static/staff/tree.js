/* A line of the tree opens in place. htmx fetches what stands below it, once; here is
   only what is shown and what is said. */
(() => {
  const level = (row) => Number(row.dataset.level);

  const below = (row) => {
    const found = [];
    for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) {
      found.push(next);
    }
    return found;
  };

  // What stands below a line that is closed stays hidden when one above it opens.
  const show = (row, isOpen) => {
    let closed = isOpen ? Infinity : level(row);
    for (const one of below(row)) {
      if (level(one) <= closed) closed = isOpen ? Infinity : level(row);
      one.hidden = level(one) > closed;
      const toggle = one.querySelector("button.hb-tree__toggle");
      if (!one.hidden && toggle?.getAttribute("aria-expanded") === "false") {
        closed = Math.min(closed, level(one));
      }
    }
  };

  const say = (row) => {
    const table = row.closest("[data-tree]");
    const place = document.querySelector("[data-tree-said]");
    const count = below(row).filter((one) => !one.hidden).length;
    if (place) place.textContent = table.dataset.said.replace("%d", count);
  };

  // Called, not triggered: htmx listens on a new line only some time after it can be seen,
  // and what is pressed before would wait for ever.
  const fetchBelow = (toggle, row) =>
    htmx.ajax("GET", toggle.dataset.branch, { source: toggle, target: row, swap: "afterend" });

  const set = (toggle, isOpen) => {
    const row = toggle.closest("tr");
    if (isOpen && !toggle.dataset.loaded) {
      toggle.setAttribute("aria-busy", "true");
      fetchBelow(toggle, row);
      return;
    }
    toggle.setAttribute("aria-expanded", String(isOpen));
    show(row, isOpen);
    if (isOpen) say(row);
  };

  const isOpen = (toggle) => toggle.getAttribute("aria-expanded") === "true";

  document.addEventListener("click", ({ target }) => {
    const toggle = target.closest?.("button.hb-tree__toggle");
    if (toggle && !toggle.hasAttribute("aria-busy")) set(toggle, !isOpen(toggle));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const row = event.target.closest?.("[data-tree] tbody tr");
    const toggle = row?.querySelector("button.hb-tree__toggle");
    if (!toggle || toggle.hasAttribute("aria-busy")) return;
    const wanted = event.key === "ArrowRight";
    if (isOpen(toggle) !== wanted) set(toggle, wanted);
    event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const toggle = detail.elt;
    if (!toggle.matches?.("button.hb-tree__toggle")) return;
    toggle.removeAttribute("aria-busy");
    if (!detail.successful) return;
    toggle.dataset.loaded = "yes";
    set(toggle, true);
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll("[data-tree]")) table.dataset.tree = "live";
  });
})();
