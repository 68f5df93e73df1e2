// What the sidebar needs of Zendesk, through the vendor's SDK (ZAFClient), and of our server, by fetch.
"use strict";
(() => {
  const { base } = document.body.dataset;
  const CALL_SECONDS = 20;
  const RENEW_MINUTES = 10; // a page token lives for 15
  const LEVELS = { success: "notice", warning: "alert", error: "error" };
  const client = window.ZAFClient ? window.ZAFClient.init() : false;
  let token = document.body.dataset.token;

  function moved() {
    return Object.assign(new Error("another ticket is open"), { name: "TicketMoved" });
  }

  const ticket = () => client.get("ticket.id").then((answer) => String(answer["ticket.id"]));

  async function call(method, path, body) {
    const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const options = { method, headers, credentials: "omit", cache: "no-store", redirect: "error" };
    if (body !== undefined) options.body = JSON.stringify(body);
    const answer = await fetch(`${base}/${path}`, { ...options, signal: AbortSignal.timeout(CALL_SECONDS * 1000) });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  }

  async function renew() {
    const { status, body } = await call("POST", "token", {}).catch(() => ({ status: 0 }));
    if (status === 200 && body && body.token) token = body.token;
  }

  async function insert({ ticket: wanted, html }) {
    if ((await ticket()) !== wanted) throw moved(); // agents switch tabs while we think
    await client.invoke("ticket.editor.insert", html);
  }

  window.handrailHost = {
    async ready() {
      if (!client) throw new Error("not inside Zendesk");
      await client.context();
      const answer = await client.get(["currentUser.locale", "colorScheme"]);
      if (token) setInterval(renew, RENEW_MINUTES * 60 * 1000); // the token only; what is shown is never polled
      return { locale: answer["currentUser.locale"], scheme: answer.colorScheme };
    },
    ticket,
    call,
    insert,
    async openReply(draft) {
      await client.set("comment.type", "publicReply");
      await insert(draft);
    },
    notify: (kind, text) => client.invoke("notify", text, LEVELS[kind] || "notice"),
    resize: (height) => client.invoke("resize", { width: "100%", height: `${height}px` }),
    onChange(tell) {
      client.on("app.activated", () => tell());
      client.on("ticket.updated", () => tell());
      client.on("colorScheme.changed", (scheme) => tell({ scheme }));
    },
  };
})();
