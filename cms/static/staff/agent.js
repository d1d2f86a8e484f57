/* Carries messages between this page and the signing program on the same machine, as
   docs/reference/agent-protocol.md says. The token of the pairing stays in this browser;
   no PIN passes through here. */
(() => {
  const TOKEN = "hocba:agent";

  const part = (box, name) => box.querySelector(`[data-agent-${name}]`);
  const show = (box, name, shown) => (part(box, name).hidden = !shown);

  const say = (box, what, wrong = false) => {
    const line = part(box, "status");
    const key = `says${what.charAt(0).toUpperCase()}${what.slice(1)}`;
    line.textContent = box.dataset[key] ?? box.dataset.saysFailed.replace("%(code)s", what);
    line.classList.toggle("error-message", wrong);
  };
  const quote = (box, sentence) => {
    const line = part(box, "status");
    line.textContent = sentence;
    line.classList.add("error-message");
  };

  class Refused extends Error {
    constructor({ code, message }) {
      super(code);
      this.code = code;
      this.sentence = message;
    }
  }

  // Throws Refused for a clear no, TypeError where nobody answers.
  const answered = async (response) => {
    const data = await response.json();
    if (!response.ok) throw new Refused(data.error ?? { code: String(response.status) });
    return data;
  };
  const agent = async (box, path, body) =>
    answered(
      await fetch(`http://127.0.0.1:${box.dataset.port}/v1/${path}`, {
        method: body ? "POST" : "GET",
        headers: {
          Authorization: `Bearer ${localStorage.getItem(TOKEN) ?? ""}`,
          ...(body && { "Content-Type": "application/json" }),
        },
        body: body && JSON.stringify(body),
      }),
    );
  const site = async (box, url, body) => {
    const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    let response;
    try {
      response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
    } catch {
      throw new Refused({ code: "lost" });
    }
    return answered(response);
  };

  const listKeys = async (box) => {
    const list = part(box, "keys");
    const { keys } = await agent(box, "keys");
    list.querySelectorAll("label").forEach((label) => label.remove());
    for (const [place, key] of keys.entries()) {
      const label = document.createElement("label");
      const choice = document.createElement("input");
      Object.assign(choice, { type: "radio", name: "agent-key", checked: place === 0 });
      choice.entry = key;
      label.className = "hb-choice";
      label.append(choice, key.name);
      list.append(label);
    }
    list.hidden = !keys.length;
    if (!keys.length) throw new Refused({ code: "key_absent" });
  };

  // Says where we stand, and shows what can be done about it.
  const look = async (box, quiet = false) => {
    const loud = !quiet || !part(box, "status").textContent;
    show(box, "act", false);
    show(box, "pair", false);
    if (loud) say(box, "looking");
    try {
      const { paired } = await agent(box, "status");
      if (!paired) {
        show(box, "pair", true);
        part(box, "pair").querySelector("input").focus();
        return say(box, "unpaired");
      }
      if (box.dataset.agent === "register") await listKeys(box);
      show(box, "act", true);
      if (loud) say(box, "ready");
    } catch (error) {
      fail(box, error);
    }
  };

  const fail = (box, error) => {
    if (error.sentence) quote(box, error.sentence);
    else say(box, error instanceof Refused ? error.code : "absent", true);
  };

  const pair = async (box, input) => {
    try {
      const { token } = await agent(box, "pair", { code: input.value });
      localStorage.setItem(TOKEN, token);
      input.value = "";
      await look(box);
      part(box, "act").focus();
    } catch (error) {
      fail(box, error);
      input.focus();
    }
  };

  const act = async (box, button) => {
    button.disabled = true;
    try {
      let answer;
      if (box.dataset.agent === "register") {
        answer = box.querySelector("[name=agent-key]:checked").entry;
      } else {
        const asked = await site(box, box.dataset.request);
        say(box, "asking");
        answer = await agent(box, "sign", asked);
      }
      const { next } = await site(box, box.dataset.answer, answer);
      location.assign(next);
    } catch (error) {
      fail(box, error);
      button.focus();
    } finally {
      button.disabled = false;
    }
  };

  const begin = () => {
    for (const box of document.querySelectorAll("[data-agent]:not([data-begun])")) {
      box.dataset.begun = "";
      look(box, true);
    }
  };

  document.addEventListener("click", ({ target }) => {
    const box = target.closest("[data-agent]");
    if (!box) return;
    if (target.closest("[data-agent-look]")) look(box);
    if (target.closest("[data-agent-act]")) act(box, target.closest("button"));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-agent-pair]");
    if (!form) return;
    event.preventDefault();
    pair(form.closest("[data-agent]"), form.querySelector("input"));
  });
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", begin);
})();
