// What the sidebar needs of Freshdesk, through the vendor's client (app). Our server is reached by request templates
// only: the platform makes the calls, knows the secrets, and allows 50 a minute for all agents of an account together.
"use strict";
(() => {
  const HIGHEST = 700; // px, the platform's own limit
  const KEPT_SECONDS = 30; // an agent who looks away and back costs no call
  const KINDS = { success: "success", warning: "warning", error: "danger" };
  let client = null;
  let agent = ""; // the browser's word only
  let kept = { path: "", until: 0, answer: null };

  function moved() {
    return Object.assign(new Error("another ticket is open"), { name: "TicketMoved" });
  }

  const ticket = () => client.data.get("ticket").then((answer) => String(answer.ticket.id));

  function parse(text) {
    try {
      return typeof text === "string" ? JSON.parse(text) : text;
    } catch {
      return null;
    }
  }

  /** The platform rejects where our server answers 4xx or 5xx; without a status, nothing answered. */
  async function invoke(name, options) {
    const answer = await client.request.invokeTemplate(name, options).catch((error) => error);
    const status = Number(answer && answer.status);
    if (!status) throw new Error("no answer");
    return { status, body: parse(answer.response) };
  }

  async function call(method, path, body) {
    const [what, rest] = path.split("?")[0].split("/");
    if (what === "actions") {
      kept.until = 0;
      const context = { action: rest, ticket: body.ticket, lang: body.lang };
      return invoke("act", { context, body: JSON.stringify({ ...body, agent }) });
    }
    if (path === kept.path && Date.now() < kept.until) return kept.answer;
    const lang = new URLSearchParams(path.split("?")[1]).get("lang");
    const answer = await invoke("card", { context: { ticket: decodeURIComponent(rest), lang } });
    if (answer.status === 200) kept = { path, until: Date.now() + KEPT_SECONDS * 1000, answer };
    return answer;
  }

  async function openReply({ ticket: wanted, html }) {
    if ((await ticket()) !== wanted) throw moved(); // agents switch tickets while we think
    await client.interface.trigger("click", { id: "openReply", text: html });
  }

  async function insert(draft) {
    if ((await ticket()) !== draft.ticket) throw moved();
    const value = { id: "editor", text: draft.html, replace: false, position: "end" };
    // It fails where no editor is open; then the reply editor opens with the text in it.
    await client.interface.trigger("setValue", value).catch(() => openReply(draft));
  }

  const nameOf = (user) => (user && ((user.contact && user.contact.name) || user.name)) || "";
  const languageOf = (user) => user && (user.language || (user.contact && user.contact.language));

  window.handrailHost = {
    async ready() {
      client = await window.app.initialized();
      const { loggedInUser: user } = await client.data.get("loggedInUser").catch(() => ({}));
      agent = nameOf(user);
      return { locale: languageOf(user) || navigator.language, scheme: "" }; // it does not tell its colours
    },
    ticket,
    call,
    forget: () => (kept.until = 0),
    insert,
    openReply,
    notify: (kind, text) => client.interface.trigger("showNotify", { type: KINDS[kind] || "info", message: text }),
    resize: (height) => client.instance.resize({ height: `${Math.min(height, HIGHEST)}px` }),
    onChange: (tell) => client.events.on("app.activated", () => tell()),
  };
})();
