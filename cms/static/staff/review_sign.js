/* Before the signature: the sums follow the classes that are chosen. */
(() => {
  const form = document.querySelector("[data-sign]");
  const boxes = [...(form?.querySelectorAll("input[name=class]") || [])];
  if (!boxes.length) return;
  const title = form.querySelector("[data-total-title]");
  const button = form.querySelector("[data-total-button]");
  const line = form.querySelector("[data-total-looked]");

  const draw = () => {
    const chosen = boxes.filter((box) => box.checked);
    const sum = (name) => chosen.reduce((all, box) => all + Number(box.dataset[name]), 0);
    const count = sum("count");
    const looked = sum("looked");
    line.textContent = line.dataset.text.replace("{looked}", looked).replace("{count}", count);
    line.classList.toggle("hb-sign__sum--open", looked < count);
    if (!button) return;
    const words = count === 1 ? button.dataset.one : button.dataset.many.replace("{count}", count);
    title.textContent = words;
    button.textContent = words;
    button.disabled = !count;
  };

  form.addEventListener("change", draw);
  // A browser that comes back remembers what was chosen.
  window.addEventListener("pageshow", draw);
})();
