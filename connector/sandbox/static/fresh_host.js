// Freshdesk's side of its app client, for one app beside one ticket. The vendor's wire format is unknown: the client
// of the sandbox (fresh_client.js) calls these functions of its parent.
"use strict";
(() => {
  const frame = document.querySelector("iframe[name=app]");
  const { values: address } = frame.dataset;
  const listeners = [];
  const state = { open: false };
  let ticket = frame.dataset.ticket;

  const read = async () => (await fetch(address.replace(frame.dataset.ticket, ticket))).json();
  const refuse = (message) => Promise.reject({ message });

  const verbs = {
    showNotify({ type, message }) {
      const toast = document.getElementById("toast");
      toast.textContent = message;
      toast.dataset.kind = type;
    },
    click({ id, text }) {
      if (id !== "openReply" && id !== "openNote") return refuse(`nothing is called ${id}`);
      state.open = true;
      window.sandboxEditor.insertHtml(text || "");
      window.sandboxEditor.focus();
      return undefined;
    },
    setValue({ id, text, value }) {
      if (id === "editor" && !state.open) return refuse("no editor is open");
      if (id === "editor") return window.sandboxEditor.insertHtml(text);
      document.getElementById("unsaved").textContent = `${id}: ${value}`;
      return undefined;
    },
  };

  document.getElementById("editor").addEventListener("focus", () => (state.open = true));

  window.freshHost = {
    on: (event, handler) => listeners.push([event, handler]),
    async get(name) {
      const values = await read();
      return name in values ? { [name]: values[name] } : refuse(`no data called ${name}`);
    },
    trigger: async (verb, options) => (verbs[verb] ? verbs[verb](options) : refuse(`nothing is called ${verb}`)),
    resize({ height }) {
      frame.style.height = `${Math.min(parseInt(height, 10), 700)}px`;
    },
    async invoke(name, options) {
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify(options || {});
      const sent = await fetch(`/agent/templates/${encodeURIComponent(name)}`, { method: "POST", headers, body });
      const answer = await sent.json();
      return answer.status >= 200 && answer.status < 300 ? answer : Promise.reject(answer);
    },
  };

  const fire = (event) => listeners.filter(([name]) => name === event).forEach(([, handler]) => handler({ type: event }));
  window.sandboxHost = {
    fire,
    /** The agent opens another ticket while the app stays, `quietly` before the app could be told. */
    async open(id, { quietly = false } = {}) {
      ticket = String(id);
      if (!quietly) fire("app.activated");
    },
  };
  frame.src = "/agent/app/index.html";
})();
