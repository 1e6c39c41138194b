/* Everything the pages do in the browser. Each page works without it; it makes them quicker and kinder to hands. */
(() => {
  "use strict";

  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const kept = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows keep nothing */ } },
  };

  /* Light or dark: before the body is drawn, so that nothing flashes. */
  const applyTheme = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
    else delete root.dataset.bsTheme;
    for (const button of $$("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === (theme || "system")));
    }
  };
  applyTheme(kept.get("theme"));
  root.classList.add("js");

  /* Say it to who cannot see it; show it to everyone. */
  const say = (text) => {
    const line = $("#live");
    line.textContent = "";
    setTimeout(() => { line.textContent = text; }, 50);
  };
  const toast = (text, { wrong = false } = {}) => {
    const note = document.createElement("div");
    note.className = wrong ? "live live--no" : "live";
    const words = document.createElement("span");
    words.textContent = text;
    const shut = document.createElement("button");
    Object.assign(shut, { type: "button", className: "undo", textContent: "OK" });
    shut.dataset.shut = "";
    note.append(words, shut);
    $("#toasts").append(note);
    if (!wrong) setTimeout(() => note.remove(), 8000);
  };

  /* Dialogs: the browser's own commands where it has them, ours where not. */
  const open = (dialog) => { if (!dialog.open) dialog.showModal(); };
  const command = (button) => {
    if ("commandForElement" in button) return;
    const target = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") open(target);
    else target.close();
  };
  const ask = (question, yes) => new Promise((answer) => {
    const dialog = $("#confirm");
    $("#confirm-text").textContent = question;
    $("[data-yes]", dialog).textContent = yes || "Yes";
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
    open(dialog);
  });

  /* Work that is typed and not saved is asked about before the page goes. */
  const unsaved = new Set();
  addEventListener("beforeunload", (event) => {
    for (const form of unsaved) if (!form.isConnected) unsaved.delete(form);
    if (unsaved.size) event.preventDefault();
  });

  /* Typed, and the session over before it was kept: it waits in this tab for him alone, half an hour at most. */
  const TYPED = "typed";
  const HALF_HOUR = 1800000;
  const tab = {
    get: () => { try { return JSON.parse(sessionStorage.getItem(TYPED)); } catch { return null; } },
    set: (value) => { try { sessionStorage.setItem(TYPED, JSON.stringify(value)); } catch { /* nothing is kept */ } },
    drop: () => { try { sessionStorage.removeItem(TYPED); } catch { /* nothing was kept */ } },
  };
  const written = (form) => $$("input, textarea, select", form).filter((field) => field.name
    && field.name !== "csrfmiddlewaretoken" && !["hidden", "password", "file", "submit"].includes(field.type));
  const keepTyped = (form) => {
    const { who } = document.body.dataset;
    const fields = written(form).map((field) => [field.name, field.value, ["checkbox", "radio"].includes(field.type) ? field.checked : null]);
    if (who && fields.length) tab.set({ who, path: location.pathname, action: form.getAttribute("action") || "", fields, at: Date.now() });
  };
  const putBack = (form, fields) => {
    const left = [...fields];
    for (const field of written(form)) {
      const at = left.findIndex(([name, value, on]) => name === field.name && (on === null || value === field.value));
      if (at < 0) continue;
      const [[, value, on]] = left.splice(at, 1);
      if (on === null) field.value = value; else field.checked = on;
    }
    unsaved.add(form);
    form.scrollIntoView({ block: "nearest" });
  };
  const lookForTyped = () => {
    const was = tab.get();
    if (!was) return;
    if ("door" in root.dataset) { tab.set({ ...was, door: true }); return; }
    const { who } = document.body.dataset;
    if (who === was.who && was.door && was.path !== location.pathname && Date.now() - was.at < HALF_HOUR) return;
    tab.drop();
    if (who !== was.who || !was.door || was.path !== location.pathname || Date.now() - was.at > HALF_HOUR) return;
    const form = $$("form").find((each) => (each.getAttribute("action") || "") === was.action && written(each).length);
    if (!form) return;
    putBack(form, was.fields);
    toast("What you typed before you were signed out is back in its form. It is not saved yet.");
  };

  const busy = (form, is) => {
    form.toggleAttribute("aria-busy", is);
    for (const button of $$("button:not([type=button]), input[type=submit]", form)) button.disabled = is;
  };

  /* In front of htmx: ask where the form asks, and let nobody post twice. */
  const agreed = new WeakSet();
  addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = button?.dataset.confirm || form.dataset.confirm;
    if (question && !agreed.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!(await ask(question, button?.dataset.yes || form.dataset.yes))) return;
      agreed.add(form);
      form.requestSubmit(button);
      return;
    }
    agreed.delete(form);
    if (form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-delete]")) return;
    if (form.hasAttribute("aria-busy")) { event.preventDefault(); return; }
    unsaved.delete(form);
    keepTyped(form);
    setTimeout(() => { busy(form, true); setTimeout(() => busy(form, false), 10000); });
  }, true);
  addEventListener("pageshow", () => { for (const form of $$("form[aria-busy]")) busy(form, false); });

  /* Saved while it is typed: <form data-autosave hx-post=… hx-trigger="autosave, submit">; [data-saved] tells how it went. */
  const told = (form, text) => { for (const spot of $$("[data-saved]", form.closest("main") || form)) spot.textContent = text; };
  const soon = new WeakMap();
  const saveSoon = (form) => {
    clearTimeout(soon.get(form));
    told(form, "Saving…");
    soon.set(form, setTimeout(() => htmx.trigger(form, "autosave"), 600));
  };
  addEventListener("input", ({ target }) => {
    const form = target.closest?.("form[data-guard], form[data-autosave]");
    if (form) unsaved.add(form);
  });
  addEventListener("change", ({ target }) => {
    if (target.closest?.("form[data-autosave]")) saveSoon(target.form);
    if (target.matches?.("[data-submits]")) target.form.requestSubmit();
  });

  addEventListener("click", (event) => {
    const target = event.target;
    for (const menu of $$("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
    const button = target.closest?.("button, a, dialog");
    if (!button) return;
    if (button.hasAttribute("commandfor")) command(button);
    if (button.dataset.theme) { kept.set("theme", button.dataset.theme); applyTheme(button.dataset.theme); }
    if ("shut" in button.dataset) button.closest(".live").remove();
    if ("print" in button.dataset) print();
    const dialog = button.closest("dialog.drawer");
    const outside = target === dialog && (event.clientX < dialog.getBoundingClientRect().left);
    if (dialog?.open && (outside || "close" in button.dataset)) { event.preventDefault(); dialog.close(); }
  });

  /* Keys: / ? g t, g c, g i, j k Enter. Never while somebody types. */
  const places = { t: "today", p: "patients", c: "calendar", i: "inbox", l: "laboratory", r: "reminders", o: "outcomes", s: "settings" };
  let going = 0;
  const step = (by) => {
    const rows = $$("[data-rows] > li, tbody[data-rows] > tr, [data-rows] > tbody > tr").filter((row) => row.offsetParent);
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.min(Math.max(at < 0 ? 0 : at + by, 0), rows.length - 1)];
    row.tabIndex = -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    "/": () => { const search = $("#q"); search?.focus(); search?.select(); },
    "?": () => { const list = $("#keys"); if (list) open(list); },
    g: () => { going = Date.now(); },
    j: () => step(1),
    k: () => step(-1),
  };
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Escape") for (const menu of $$("details.menu[open]")) { menu.open = false; $("summary", menu).focus(); }
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog:modal")) return;
    if (target.closest("input, textarea, select, [contenteditable]")) return;
    if (key === "Enter" && target.matches("[data-rows] *, [data-rows]") && target.tabIndex === -1) { $("a[href], button", target)?.click(); return; }
    const place = Date.now() - going < 1500 && places[key];
    going = 0;
    const link = place && $(`.rail [data-key="${place}"]`);
    if (link) link.click();
    else if (keys[key]) { event.preventDefault(); keys[key](); }
  });

  /* htmx: the answer's own words are said, focus goes somewhere sensible, nothing fails in silence. */
  addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question, event.target.dataset.yes)) event.detail.issueRequest(true);
  });
  addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (/<html[^>]*data-door/.test(detail.xhr.responseText.slice(0, 2000))) {
      detail.shouldSwap = false;
      unsaved.clear();
      location.reload();
    }
  });
  addEventListener("htmx:afterSettle", ({ detail, target }) => {
    if (target.id === "drawer") { if (target.childElementCount) open(target); else target.close(); }
    const spoken = $("[data-say]", target) || (target.matches("[data-say]") ? target : null);
    if (spoken) say(spoken.dataset.say);
    const wrong = $("[aria-invalid=true], [data-focus], [autofocus]", target);
    if (wrong) { wrong.focus(); return; }
    if (document.activeElement && document.activeElement !== document.body) return;
    const head = target.matches("h1, h2, h3") ? target : $("h1, h2, h3, a[href], button", target);
    if (!head || detail.requestConfig?.triggeringEvent?.type === "load") return;
    if (head.tabIndex < 0) head.tabIndex = -1;
    head.focus({ preventScroll: true });
  });
  addEventListener("htmx:beforeRequest", ({ detail, target }) => {
    const form = target.closest?.("form");
    if (form && detail.requestConfig.verb === "post") keepTyped(form);
  });
  addEventListener("htmx:afterRequest", ({ detail, target }) => {
    if (!detail.xhr.getResponseHeader("HX-Redirect")) tab.drop();
    if (!detail.successful) return;
    const form = target.closest("form[data-guard], form[data-autosave]");
    if (!form) return;
    unsaved.delete(form);
    told(form, `Saved ${new Date().toTimeString().slice(0, 5)}`);
  });
  const failed = (text) => ({ target }) => {
    const form = target.closest?.("form[data-autosave]");
    if (form) told(form, "Not saved");
    toast(text, { wrong: true });
  };
  addEventListener("htmx:sendError", failed("The clinic’s server does not answer. Nothing was saved; what you typed is still here."));
  addEventListener("htmx:responseError", failed("That did not work on our side. Nothing was saved; what you typed is still here."));
  addEventListener("say", ({ detail }) => say(detail.value));
  addEventListener("drawer:close", () => $("#drawer").close());

  /* Nobody there: warn a minute before the server signs out; a hand on the keys keeps the session. */
  const watch = () => {
    const { idle, stay, leave, login } = document.body.dataset;
    if (!Number(idle) || !stay) return;
    const limit = Number(idle) - 60; /* the server notes a visit once a minute: keep that minute in hand */
    let touched = Date.now();
    let toldServer = touched;
    const keep = () => {
      toldServer = Date.now();
      fetch(stay, { method: "HEAD", credentials: "same-origin", cache: "no-store" }).catch(() => {});
    };
    const touch = () => {
      if ($("#idle").open) return;
      if (Date.now() - touched > 1000) kept.set("touched", Date.now()); /* other tabs of his know too */
      touched = Date.now();
    };
    for (const kind of ["keydown", "pointerdown", "scroll"]) addEventListener(kind, touch, { passive: true, capture: true });
    $("#idle").addEventListener("close", () => { touched = Date.now(); kept.set("touched", touched); keep(); });
    const signOut = () => {
      const form = $(`form[action="${leave}"]`);
      if (!form) return;
      const next = document.createElement("input");
      Object.assign(next, { type: "hidden", name: "next", value: `${login}&next=${encodeURIComponent(location.pathname)}` });
      form.append(next);
      form.submit();
    };
    const clock = setInterval(() => {
      touched = Math.max(touched, Number(kept.get("touched")) || 0);
      const quiet = (Date.now() - touched) / 1000;
      if (touched > toldServer && Date.now() - toldServer > 60000) keep();
      if (quiet > limit) {
        clearInterval(clock);
        for (const form of unsaved) if (form.isConnected) keepTyped(form);
        unsaved.clear();
        signOut();
      }
      else if (quiet > limit - 60) open($("#idle"));
      else if ($("#idle").open) $("#idle").close();
    }, 5000);
  };

  setInterval(() => { for (const spot of $$("[data-due]")) { /* what cannot wait counts down, red once it is over */
    const left = new Date(spot.dataset.due) - Date.now(), all = Math.floor(Math.abs(left) / 60000), hours = Math.floor(all / 60);
    spot.textContent = `${left < 0 ? "overdue by" : "within"} ${hours >= 48 ? `${Math.floor(hours / 24)} days` : `${hours ? `${hours} h ` : ""}${all % 60} min`}`;
    for (const [css, on] of [["critical", left < 0], ["warning", left >= 0]]) spot.parentElement.classList.toggle(css, on);
  } }, 20000);
  addEventListener("DOMContentLoaded", () => {
    applyTheme(kept.get("theme"));
    lookForTyped();
    watch();
    const wrong = $("[data-focus], [aria-invalid=true]");
    if (wrong) wrong.focus();
    for (const note of $$("#toasts .live:not(.live--no)")) if (!$("form", note)) setTimeout(() => note.remove(), 8000);
  });
})();
