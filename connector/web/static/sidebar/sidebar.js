// The sidebar, the same in every helpdesk: window.handrailHost (zendesk.js, freshdesk.js) is all it knows of one.
// Asks for a card when the page opens, is shown again or its ticket changes, and after an action. Never on a timer.
"use strict";
(() => {
  const host = window.handrailHost;
  const byId = (id) => document.getElementById(id);
  const [main, notice, trouble, again] = ["sidebar", "notice", "trouble", "again"].map(byId);
  const allWords = JSON.parse(document.body.dataset.words);
  const HELPDESK_SECONDS = 10;
  let words = allWords[document.documentElement.lang];
  let shown = { ticket: null, version: null };
  let turn = 0; // what was asked before the latest question is answered too late
  let acting = false;
  let missed = false; // a change during an action; the helpdesk may not tell again

  class Trouble extends Error {}

  function setLanguage(locale) {
    const language = String(locale || "").toLowerCase().startsWith("de") ? "de" : "en";
    words = allWords[language];
    document.documentElement.lang = language;
    document.title = words.title;
    again.textContent = words.try_again;
  }

  const setScheme = (scheme) => {
    if (scheme === "light" || scheme === "dark") document.documentElement.dataset.scheme = scheme;
  };

  function say(kind, text) {
    notice.className = `callout ${{ success: "good", warning: "warn", error: "bad", heard: "hidden" }[kind] || ""}`;
    notice.textContent = text;
  }

  function showTrouble(text) {
    if (text) say("", "");
    const inside = trouble.contains(document.activeElement);
    trouble.querySelector("p").textContent = text || "";
    trouble.hidden = !text;
    if (inside && !text) focusOn(null);
  }

  const isBusy = (yes) => main.setAttribute("aria-busy", String(yes));

  function focusOn(id) {
    const target = (id && byId(id)) || byId("headline");
    if (target) target.focus({ preventScroll: target.id === "headline" });
  }

  /** What a person has opened or typed, which an exchange of the card must not take away. */
  function keep(sent) {
    const open = [...main.querySelectorAll("details[open]")].map((e) => e.id);
    const fields = [...main.querySelectorAll("textarea, select, input[type=radio]:checked")].filter(
      (e) => e.id && !(sent && sent.contains(e)) && (e.type === "radio" || e.tagName !== "SELECT" || isChanged(e)),
    );
    const typed = fields.map((e) => [e.id, e.type === "radio" ? null : e.value]);
    return { open, typed, focus: main.contains(document.activeElement) ? document.activeElement.id : null };
  }

  const isChanged = (select) => ![...select.options].find((o) => o.value === select.value)?.defaultSelected;

  function restore(kept) {
    kept.open.forEach((id) => byId(id) && (byId(id).open = true));
    kept.typed.forEach(([id, value]) => {
      const field = byId(id);
      if (field && value === null) field.checked = true;
      else if (field) field.value = value;
    });
    if (kept.focus) focusOn(kept.focus);
  }

  /** Our server escapes every text in this fragment; there is no other way a card gets here. */
  function show(ticket, answer, sent = null) {
    const same = shown.ticket === ticket && byId("headline");
    const kept = same ? keep(sent) : { open: [], typed: [], focus: null };
    if (sent) kept.open = kept.open.filter((id) => id !== sent.closest("details")?.id);
    const hadFocus = main.contains(document.activeElement);
    main.innerHTML = answer.html;
    main.querySelectorAll("time").forEach((e) => {
      const at = new Date(e.dateTime);
      e.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    });
    shown = { ticket, version: answer.version === undefined ? shown.version : answer.version };
    restore(kept);
    if (hadFocus && !main.contains(document.activeElement)) focusOn(null);
  }

  function clear() {
    shown = { ticket: null, version: null };
    const [title, line] = [document.createElement("h1"), document.createElement("p")];
    title.id = "headline";
    title.tabIndex = -1;
    [title.textContent, line.textContent] = [words.title, words.loading];
    title.className = line.className = "quiet";
    const hadFocus = main.contains(document.activeElement);
    main.replaceChildren(title, line);
    if (hadFocus) focusOn(null);
  }

  /** The promise, or a Trouble in these words where it fails or takes longer than the helpdesk may. */
  function within(promise, text) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Trouble(text)), HELPDESK_SECONDS * 1000);
    });
    const known = promise.catch((error) => {
      throw error instanceof Trouble ? error : new Trouble(text);
    });
    return Promise.race([known, late]).finally(() => clearTimeout(timer));
  }

  function problem(status, body) {
    if (body && typeof body.error === "string" && body.error) return body.error;
    const known = { 401: words.expired, 403: words.expired, 404: words.unknown_ticket, 429: words.too_many };
    return known[status] || (status >= 500 ? words.no_handrail : words.failed);
  }

  const isCard = (body) => Boolean(body) && typeof body.html === "string";

  async function fetchCard(ticket) {
    const path = `card/${encodeURIComponent(ticket)}?lang=${document.documentElement.lang}`;
    const { status, body } = await host.call("GET", path).catch(() => {
      throw new Trouble(words.no_handrail);
    });
    if (status !== 200 || !isCard(body)) throw new Trouble(problem(status, body));
    return body;
  }

  /** Shows the card of the open ticket, unless another question (`turn`) was asked meanwhile. */
  async function showOpenTicket(mine) {
    const ticket = await within(host.ticket(), words.no_helpdesk);
    if (mine !== turn) return;
    if (ticket !== shown.ticket) clear(); // another ticket's draft must not stand here for a moment
    const card = await fetchCard(ticket);
    if (mine !== turn) return;
    const fresh = shown.ticket !== ticket;
    show(ticket, card);
    showTrouble("");
    if (fresh) say("heard", words.loaded); // who sees the card knows
  }

  async function load() {
    const mine = ++turn;
    isBusy(true);
    try {
      await showOpenTicket(mine);
    } catch (error) {
      if (mine === turn) fail(error);
    } finally {
      if (mine === turn) isBusy(false);
    }
  }

  function fail(error) {
    if (shown.ticket === null) main.querySelectorAll("p").forEach((line) => line.remove());
    showTrouble(error instanceof Trouble ? error.message : words.failed);
  }

  function post(action, request) {
    return host.call("POST", `actions/${action}`, request).catch(() => {
      throw new Trouble(words.unclear); // it may have arrived: a person looks before it is done twice
    });
  }

  async function hasMoved(ticket, mine) {
    return mine !== turn || (await within(host.ticket(), words.no_helpdesk)) !== ticket;
  }

  /** A form is done with only where its action was. */
  function showAfter(ticket, { status, body }, sent) {
    if (isCard(body)) show(ticket, body, status === 200 ? sent : null);
  }

  const conflictOf = (body) => body?.notice || { kind: "warning", text: body?.error || words.changed };

  /** Says how an action ended, after the helpdesk has done its part; a Trouble where our server refused. */
  async function settle(ticket, { status, body }) {
    if (status === 409) return tell(conflictOf(body));
    if (status !== 200) throw new Trouble(problem(status, body));
    if (body.host && !(await perform(body.host, ticket))) return;
    tell(body.notice);
  }

  async function act(action, fields, sent) {
    if (acting || shown.ticket === null) return;
    acting = true;
    const [ticket, mine] = [shown.ticket, ++turn];
    isBusy(true);
    showTrouble("");
    say("", words.working);
    try {
      const request = { ...fields, ticket, version: shown.version, lang: document.documentElement.lang };
      const answer = await post(action, request);
      if (!(await hasMoved(ticket, mine))) showAfter(ticket, answer, sent);
      await settle(ticket, answer);
    } catch (error) {
      fail(error);
    } finally {
      acting = false;
      isBusy(false);
      if (missed) onChange();
    }
  }

  /** Does in the helpdesk what our server answered; false, and says so, where that was not possible. */
  async function perform({ do: verb, html, text }, ticket) {
    try {
      await (verb === "openReply" ? host.openReply : host.insert)({ ticket, html, text });
      return true;
    } catch (error) {
      showTrouble(error && error.name === "TicketMoved" ? words.moved : words.no_insert);
      return false;
    }
  }

  function tell(message) {
    if (!message) return say("", "");
    say(message.kind, message.text);
    Promise.resolve(host.notify(message.kind, message.text)).catch(() => undefined); // the page has said it already
  }

  main.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action]");
    if (button) act(button.dataset.action, fieldsOf(button.dataset), null);
    if (event.target.closest("[data-refresh]") && !acting) {
      host.forget?.(); // what an adapter may have kept
      say("", words.loading);
      load().then(() => !trouble.hidden || say("", words.loaded));
    }
    const cite = event.target.closest("a.cite");
    if (cite) {
      event.preventDefault();
      focusOn(cite.hash.slice(1));
    }
  });

  const fieldsOf = ({ action, ...fields }) => fields;

  main.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-action]");
    event.preventDefault();
    if (form) act(form.dataset.action, Object.fromEntries(new FormData(form)), form);
  });

  again.addEventListener("click", () => (opened ? load() : open()));

  function onChange(what) {
    if (what && what.scheme) return setScheme(what.scheme);
    missed = acting;
    if (!acting) load();
  }

  let opened = false;
  async function open() {
    try {
      const { locale, scheme } = await within(host.ready(), words.no_helpdesk);
      setLanguage(locale);
      setScheme(scheme);
      if (!opened) host.onChange(onChange);
      opened = true;
    } catch (error) {
      return fail(error);
    }
    await load();
  }

  setLanguage(document.documentElement.lang);
  let height = 0;
  new ResizeObserver(() => {
    const now = Math.ceil(document.body.getBoundingClientRect().height);
    if (now === height || !opened) return;
    height = now;
    Promise.resolve(host.resize(now)).catch(() => undefined); // then it scrolls
  }).observe(document.body);
  open();
})();
