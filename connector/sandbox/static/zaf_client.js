// Stands where a page loads Zendesk's own SDK, where there is no network: the calls that the sidebar's pages make, in
// the messages that zaf_host.js understands. Both were written by the documented protocol.
"use strict";
(() => {
  /** What a host could not do, in the words of the vendor's SDK. */
  function firstError({ errors = {} }) {
    const [path] = Object.keys(errors);
    if (path !== undefined) throw new Error(`"${path}" ${errors[path].message}`);
  }

  function connect(origin, appGuid) {
    const calls = new Map();
    const handlers = new Map();
    let [lastCall, lastRequest] = [0, 0];
    let about = { metadata: null, context: { instanceGuid: appGuid } };
    let registered;
    const ready = new Promise((resolve) => (registered = resolve));

    const handlersOf = (event) => handlers.get(event) || handlers.set(event, new Set()).get(event);
    const fire = (event, data) => [...handlersOf(event)].forEach((handler) => handler(data));

    function post(message) {
      const from = { appGuid, instanceGuid: about.context.instanceGuid };
      window.parent.postMessage(JSON.stringify({ ...message, ...from }), origin);
    }

    /** In order, and not before the host has said who we are. */
    const send = (message) => ready.then(() => post(message));

    function call(request, params) {
      const id = ++lastCall;
      const answered = new Promise((resolve, reject) => calls.set(id, { resolve, reject }));
      send({ id, request, params });
      return answered;
    }

    function settle({ id, result, error }) {
      const { resolve, reject } = calls.get(id) || {};
      calls.delete(id);
      if (resolve && error) reject(new Error(error.message));
      else if (resolve) resolve(result);
    }

    function receive(event) {
      if (event.source !== window.parent || event.origin !== origin) return;
      const message = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
      if (message.id !== undefined) return settle(message);
      const [, name] = /^zaf\.(.+)$/.exec(message.key) || [];
      if (name === "app.registered") {
        about = message.message;
        registered();
      } else if (name === "context.updated") about.context = message.message;
      if (name) fire(name, message.message);
    }

    const subscribe = (verb, event) =>
      send({ key: `iframe.${verb}:${event}`, message: { subscriberCount: handlersOf(event).size } });

    const client = {
      on(event, handler) {
        handlersOf(event).add(handler);
        subscribe("on", event);
      },
      off(event, handler) {
        handlersOf(event).delete(handler);
        subscribe("off", event);
      },
      trigger: (event, data) => void send({ key: `iframe.trigger:${event}`, message: data }),
      metadata: () => ready.then(() => about.metadata),
      context: () => ready.then(() => about.context),
      async get(paths) {
        const result = await call("get", [paths].flat());
        if (!Array.isArray(paths)) firstError(result);
        return result;
      },
      async set(path, value) {
        const result = await call("set", typeof path === "string" ? { [path]: value } : path);
        if (typeof path === "string") firstError(result);
        return result;
      },
      async invoke(path, ...given) {
        const result = await call("invoke", typeof path === "string" ? { [path]: given } : path);
        if (typeof path === "string") firstError(result);
        return result;
      },
      request(options) {
        const key = `request:${++lastRequest}`;
        const answered = new Promise((resolve, reject) => {
          client.on(`${key}.done`, ({ responseArgs }) => resolve(responseArgs[0]));
          client.on(`${key}.fail`, ({ responseArgs }) => reject(responseArgs[0]));
        });
        send({ key, message: typeof options === "string" ? { url: options } : options });
        return answered;
      },
    };
    window.addEventListener("message", receive);
    post({ key: "iframe.handshake", message: { version: "2.0" } });
    return client;
  }

  window.ZAFClient = {
    /** The client, or false where no helpdesk's window is around this page. */
    init() {
      const query = new URLSearchParams(location.search);
      const [origin, guid] = [query.get("origin"), query.get("app_guid")];
      return Boolean(origin && guid) && connect(origin, guid);
    },
  };
})();
