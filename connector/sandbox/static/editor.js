// The agent's reply editor: text is put where the cursor stands.
"use strict";
(() => {
  const editor = document.getElementById("editor");

  function insert(text) {
    const before = editor.value.slice(0, editor.selectionStart);
    const gap = before && !before.endsWith("\n") ? "\n" : "";
    editor.setRangeText(gap + text, editor.selectionStart, editor.selectionEnd, "end");
  }

  function textOf(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll("br").forEach((e) => e.replaceWith("\n"));
    page.querySelectorAll("p, div, li").forEach((e) => e.append("\n\n"));
    return page.body.textContent.replace(/\n{3,}/g, "\n\n").trim();
  }

  window.sandboxEditor = { insert, insertHtml: (html) => insert(textOf(html)), focus: () => editor.focus() };
})();
