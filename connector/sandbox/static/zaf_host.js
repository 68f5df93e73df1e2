// Zendesk's side of the apps framework, for one app beside one ticket: the messages that the vendor's SDK speaks.
"use strict";
(() => {
  const frame = document.querySelector("iframe[name=app]");
  const form = document.getElementById("app-load");
  const editor = document.getElementById("editor");
  const { origin, guid, values: address } = frame.dataset;
  const metadata = JSON.parse(frame.dataset.metadata);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const unsaved = {};
  const subscribed = new Set();
  let values = {};
  let ticket = frame.dataset.ticket;

  const scheme = () => (dark.matches ? "dark" : "light");
  const post = (message) => frame.contentWindow.postMessage(JSON.stringify(message), origin);
  const fire = (event, message) => subscribed.has(event) && post({ key: `zaf.${event}`, message });
  const current = () => ({ ...values, ...unsaved, colorScheme: scheme() });

  async function read() {
    values = await (await fetch(address.replace(frame.dataset.ticket, ticket))).json();
  }

  const context = () => ({
    instanceGuid: guid,
    product: "support",
    account: { subdomain: values["currentAccount.subdomain"] },
    location: "ticket_sidebar",
    ticketId: values["ticket.id"],
  });

  const verbs = {
    resize: ({ height }) => {
      frame.style.height = typeof height === "number" ? `${height}px` : height;
    },
    notify: (text, kind) => {
      const toast = document.getElementById("toast");
      toast.textContent = text;
      toast.dataset.kind = kind || "notice";
    },
    routeTo: (_place, id) => location.assign(`/agent/tickets/${id}`),
    "ticket.editor.insert": insert,
    "comment.appendHtml": insert,
    "comment.appendText": (text) => window.sandboxEditor.insert(text),
    "ticket.tags.add": (...tags) => change("ticket.tags", [...new Set([...current()["ticket.tags"], ...tags.flat()])]),
    "ticket.tags.remove": (...tags) =>
      change("ticket.tags", current()["ticket.tags"].filter((tag) => !tags.flat().includes(tag))),
    track: () => undefined,
  };

  function insert(html) {
    if (!editor) throw new Error("no editor is open");
    window.sandboxEditor.insertHtml(html);
  }

  function change(path, value) {
    unsaved[path] = value; // as with the vendor, nothing is saved before the agent submits
    document.getElementById("unsaved").textContent = Object.keys(unsaved).join(", ");
  }

  function attempt(paths, one) {
    const result = { errors: {} };
    for (const path of paths) {
      try {
        result[path] = one(path);
      } catch (error) {
        result.errors[path] = { name: "Error", message: error.message, path, stack: "" };
      }
    }
    return result;
  }

  const requests = {
    get: (paths) =>
      attempt(paths, (path) => {
        if (!(path in current())) throw new Error("is not supported");
        return current()[path];
      }),
    set: (given) => attempt(Object.keys(given), (path) => change(path, given[path])),
    invoke: (given) =>
      attempt(Object.keys(given), (path) => {
        if (!verbs[path]) throw new Error("is not supported");
        verbs[path](...given[path]);
      }),
  };

  async function answer({ id, request, params }) {
    try {
      await read();
      post({ id, result: requests[request](params) });
    } catch (error) {
      post({ id, error: { name: "Error", message: error.message } });
    }
  }

  async function call(key, options) {
    const headers = { "Content-Type": "application/json" };
    const answered = await fetch("/agent/request", { method: "POST", headers, body: JSON.stringify(options) });
    const { status, text } = await answered.json();
    const good = status >= 200 && status < 300;
    const body = good ? JSON.parse(text || "null") : { status, responseText: text };
    post({ key: `zaf.${key}.${good ? "done" : "fail"}`, message: { responseArgs: [body] } });
  }

  window.addEventListener("message", async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    const message = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
    if (message.request) return answer(message);
    const [, verb, name] = /^iframe\.(on|off|trigger|reply):(.+)$/.exec(message.key) || [];
    if (message.key === "iframe.handshake") {
      await read();
      post({ key: "zaf.app.registered", message: { metadata, context: context() } });
    } else if (verb === "on") subscribed.add(name);
    else if (verb === "off" && !message.message.subscriberCount) subscribed.delete(name);
    else if (/^request:\d+$/.test(message.key)) call(message.key, message.message);
  });

  dark.addEventListener("change", () => fire("colorScheme.changed", scheme()));
  window.sandboxHost = {
    fire,
    /** The agent opens another ticket while the app stays, `quietly` before the app could be told. */
    async open(id, { quietly = false } = {}) {
      ticket = String(id);
      await read();
      if (!quietly) fire("app.activated", {});
    },
  };
  form.action += `&colorScheme=${scheme()}`;
  form.submit();
})();
