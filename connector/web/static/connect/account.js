// Looks whether the first event is there: at our own service, never faster than every two seconds, until it is.
(function () {
  "use strict";
  const EVERY_MS = 2500;
  const line = document.getElementById("first");
  if (!line || line.dataset.arrived === "true") return;

  function say(text, state) {
    if (line.textContent !== text) line.textContent = text; // a live region speaks with each change
    line.className = state;
  }

  function stop() {
    say(line.dataset.stopped, "waiting");
  }

  function again() {
    window.setTimeout(look, EVERY_MS);
  }

  async function look() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", again, { once: true });
      return;
    }
    let answer;
    try {
      answer = await fetch(line.dataset.ask, { credentials: "same-origin", cache: "no-store" });
    } catch (_error) {
      again(); // the service may be starting
      return;
    }
    if (answer.status === 403) return stop();
    if (!answer.ok) return again();
    const told = await answer.json();
    if (told.arrived) return say(told.text, "good");
    again();
  }

  again();
})();
