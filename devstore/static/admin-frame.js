/* The admin's side of the app frame: answers App Bridge, draws the app's menu, its save bar and its toasts. */
(() => {
  "use strict";
  const frame = document.getElementById("app-frame");
  if (!frame) return;
  const origin = new URL(frame.src).origin;
  const menu = document.getElementById("app-menu");
  const bar = document.getElementById("save-bar");
  const toasts = document.getElementById("toasts");
  const base = frame.dataset.base;
  let formId = null;

  const tell = (type, details) => frame.contentWindow.postMessage({ appBridge: type, ...details }, origin);

  const fetchToken = async () => {
    const answer = await fetch("/admin/session-token", { method: "POST" });
    if (!answer.ok) throw new Error("The app is not installed.");
    return (await answer.json()).id_token;
  };

  const handlers = {
    async idToken({ id }) {
      try {
        tell("answer", { id, value: await fetchToken() });
      } catch (error) {
        tell("answer", { id, error: error.message });
      }
    },
    leaveConfirmation({ id }) {
      const leave = bar.hidden || window.confirm(bar.dataset.question);
      tell("answer", leave ? { id, value: true } : { id, error: "The merchant stays on the page." });
    },
    async requestScopes({ id, scopes }) {
      const isGranted = window.confirm(`${frame.dataset.scopeQuestion}\n${scopes.join("\n")}`);
      for (const scope of isGranted ? scopes : []) {
        await fetch("/admin/app/grant", { method: "POST", body: new URLSearchParams({ scope }) });
      }
      tell("answer", { id, value: { result: isGranted ? "granted-all" : "declined-all" } });
    },
    toast({ id, message, isError, duration }) {
      const toast = document.createElement("p");
      toast.id = id;
      toast.className = isError ? "toast toast--error" : "toast";
      toast.textContent = message;
      toasts.append(toast);
      setTimeout(() => toast.remove(), Math.min(Math.max(duration, 2000), 15000));
    },
    hideToast({ id }) {
      document.getElementById(id)?.remove();
    },
    saveBar(message) {
      formId = message.formId || formId;
      bar.hidden = message.shown === "toggle" ? !bar.hidden : !message.shown;
    },
    menu({ links }) {
      menu.replaceChildren(
        ...links.map(({ href, label }) => {
          const item = document.createElement("li");
          const link = document.createElement("a");
          link.href = base + href;
          link.textContent = label;
          link.addEventListener("click", (event) => {
            event.preventDefault();
            tell("navigate", { path: href });
          });
          item.append(link);
          return item;
        }),
      );
      markPlace();
    },
    place({ path, title }) {
      history.replaceState(null, "", base + path.replace(/^\/(?=$|\?)/, ""));
      if (title) document.title = title;
      bar.hidden = true;
      markPlace();
    },
    loading({ busy }) {
      frame.setAttribute("aria-busy", String(busy));
    },
    open({ href }) {
      const inner = href.match(/^shopify:\/?\/?admin\/?(.*)$/);
      if (inner) location.assign(`/admin/${inner[1]}`);
      else if (/^https?:/.test(href)) location.assign(href);
    },
  };

  const markPlace = () => {
    for (const link of menu.querySelectorAll("a")) {
      if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin || !event.data) return;
    const handler = handlers[event.data.appBridge];
    if (handler) handler(event.data);
  });
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) tell("saveBar", { action: button.value, formId });
  });
})();
