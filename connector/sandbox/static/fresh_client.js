// Stands where the platform puts its app client: the same calls and answers, by the vendor's documentation.
"use strict";
(() => {
  const host = window.parent.freshHost;
  const complete = new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else window.addEventListener("load", () => resolve());
  });
  const client = {
    events: { on: (event, handler) => host.on(event, handler) },
    data: { get: (name) => host.get(name) },
    interface: { trigger: (verb, options) => host.trigger(verb, options) },
    instance: { resize: async (size) => host.resize(size) },
    request: { invokeTemplate: (name, options) => host.invoke(name, options) },
  };
  window.app = { initialized: () => complete.then(() => client) };
})();
