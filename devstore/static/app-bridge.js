/* Stand-in of Shopify's App Bridge for the development store: the part of its interface that Danke uses, spoken with the
   page of the development store that frames the app. Never part of the app. */
(() => {
  "use strict";
  const script = document.currentScript;
  const admin = new URL(script.src).origin;
  const parameters = new URLSearchParams(location.search);
  const meta = document.querySelector('meta[name="shopify-api-key"]');
  const framed = window.top !== window;
  const waiting = new Map();
  let counter = 0;

  const stored = (name) => {
    const given = parameters.get(name);
    try {
      if (given) sessionStorage.setItem(`app-bridge-${name}`, given);
      return given || sessionStorage.getItem(`app-bridge-${name}`) || "";
    } catch {
      return given || "";
    }
  };

  const config = {
    apiKey: script.dataset.apiKey || (meta ? meta.content : ""),
    host: stored("host"), shop: stored("shop"), locale: stored("locale") || "en",
  };
  if (!config.apiKey) throw new Error('App Bridge: no <meta name="shopify-api-key"> and no data-api-key.');

  const tell = (type, details = {}) => window.parent.postMessage({ appBridge: type, ...details }, admin);

  const ask = (type, details = {}) =>
    new Promise((resolve, reject) => {
      const id = ++counter;
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`App Bridge: the admin did not answer to ${type}.`));
      }, 10000);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        if (answer.error) reject(new Error(answer.error));
        else resolve(answer.value);
      });
      tell(type, { ...details, id });
    });

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== admin || !event.data || !event.data.appBridge) return;
    const { appBridge: type, id, path, action, formId } = event.data;
    if (type === "answer" && waiting.has(id)) {
      waiting.get(id)(event.data);
      waiting.delete(id);
    } else if (type === "navigate") {
      follow(path);
    } else if (type === "saveBar") {
      answerSaveBar(action, formId);
    }
  });

  /* Fetch: the app's own requests carry an ID token, and one refused token is replaced once. */
  const plainFetch = window.fetch.bind(window);
  const withToken = async (request) => {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${await ask("idToken")}`);
    headers.set("X-Requested-With", "XMLHttpRequest");
    return new Request(request, { headers });
  };
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const own = new URL(request.url).origin === location.origin;
    if (!own || request.headers.has("Authorization") || !framed) return plainFetch(request);
    const again = request.clone();
    const answer = await plainFetch(await withToken(request));
    const refused = answer.status === 401 && answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") === "1";
    return refused ? plainFetch(await withToken(again)) : answer;
  };

  /* Save bar: <form data-save-bar>, or <ui-save-bar id> with shopify.saveBar. */
  const forms = new Map();
  const barId = (form) => {
    for (const [id, known] of forms) if (known === form) return id;
    const id = `form-${++counter}`;
    forms.set(id, form);
    return id;
  };
  const noteChange = (event) => {
    const form = event.target instanceof Element && event.target.closest("form[data-save-bar]");
    if (form) tell("saveBar", { shown: true, formId: barId(form) });
  };
  document.addEventListener("input", noteChange);
  document.addEventListener("change", noteChange);
  for (const name of ["submit", "reset"]) {
    document.addEventListener(name, (event) => {
      if (event.target.matches("form[data-save-bar]")) tell("saveBar", { shown: false });
    });
  }
  const answerSaveBar = (action, formId) => {
    const form = forms.get(formId);
    if (form) {
      if (action === "save") form.requestSubmit();
      else form.reset();
      return;
    }
    const bar = document.getElementById(formId);
    const buttons = bar ? [...bar.querySelectorAll("button")] : [];
    const wanted = buttons.find((one) => (one.getAttribute("variant") === "primary") === (action === "save"));
    if (wanted) wanted.click();
  };
  class SaveBar extends HTMLElement {
    connectedCallback() {
      this.style.display = "none";
    }
    show() {
      tell("saveBar", { shown: true, formId: this.id });
    }
    hide() {
      tell("saveBar", { shown: false });
    }
  }
  customElements.define("ui-save-bar", SaveBar);

  /* Navigation: the admin draws the app's menu; links to the admin and to _top leave the frame. */
  class AppNav extends HTMLElement {
    connectedCallback() {
      this.style.display = "none";
      this.observer = new MutationObserver(() => this.report());
      this.observer.observe(this, { childList: true, subtree: true, characterData: true, attributes: true });
      queueMicrotask(() => this.report());
    }
    disconnectedCallback() {
      this.observer.disconnect();
    }
    report() {
      const links = [...this.querySelectorAll("s-link, a")]
        .filter((link) => link.getAttribute("rel") !== "home")
        .map((link) => ({ href: link.getAttribute("href") || "/", label: link.textContent.trim() }));
      tell("menu", { links });
    }
  }
  customElements.define("s-app-nav", AppNav);
  customElements.define("ui-nav-menu", class extends AppNav {});

  /* The app may take a navigation over by cancelling this event; otherwise the document changes. */
  const follow = (path) => {
    const target = new URL(path, location.origin);
    if (target.origin !== location.origin) return;
    const links = [...document.querySelectorAll("s-app-nav [href], ui-nav-menu [href]")];
    const link = links.find((one) => one.getAttribute("href") === path) || document.createElement("a");
    link.setAttribute("href", path);
    if (!link.isConnected) document.body.append(link);
    const asked = link.dispatchEvent(new CustomEvent("shopify:navigate", { bubbles: true, cancelable: true }));
    if (!links.includes(link)) link.remove();
    if (asked) location.assign(target.pathname + target.search);
  };

  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof Element && node.hasAttribute("href"));
    if (!link || event.defaultPrevented) return;
    const href = link.getAttribute("href");
    const leaves = href.startsWith("shopify:") || ["_top", "_parent"].includes(link.getAttribute("target"));
    if (!leaves) return;
    event.preventDefault();
    tell("open", { href: href.startsWith("shopify:") ? href : new URL(href, location.href).href });
  });

  const OWN = ["embedded", "hmac", "host", "id_token", "locale", "session", "shop", "timestamp", "shopify-reload"];
  const reportPlace = () => {
    const place = new URL(location.href);
    for (const name of OWN) place.searchParams.delete(name);
    tell("place", { path: place.pathname + place.search, title: document.title });
  };
  for (const name of ["pushState", "replaceState"]) {
    const plain = history[name].bind(history);
    history[name] = (...given) => {
      plain(...given);
      reportPlace();
    };
  }
  window.addEventListener("popstate", reportPlace);
  document.addEventListener("DOMContentLoaded", reportPlace);

  window.shopify = {
    config,
    environment: { embedded: framed, mobile: false, pos: false },
    idToken: () => ask("idToken"),
    toast: {
      show(message, options = {}) {
        const id = `toast-${++counter}`;
        tell("toast", { id, message: String(message), isError: Boolean(options.isError), duration: options.duration || 5000 });
        return id;
      },
      hide: (id) => tell("hideToast", { id }),
    },
    saveBar: {
      show: async (id) => tell("saveBar", { shown: true, formId: id }),
      hide: async () => tell("saveBar", { shown: false }),
      toggle: async (id) => tell("saveBar", { shown: "toggle", formId: id }),
      leaveConfirmation: async () => ask("leaveConfirmation"),
    },
    modal: {
      show: async (id) => document.getElementById(id).showOverlay(),
      hide: async (id) => document.getElementById(id).hideOverlay(),
      toggle: async (id) => document.getElementById(id).toggleOverlay(),
    },
    scopes: { request: (scopes) => ask("requestScopes", { scopes }) },
    loading: (busy) => tell("loading", { busy: busy !== false }),
    ready: Promise.resolve(),
  };

  /* The page of the app that holds nothing but this script: come back with a fresh ID token. */
  const reload = parameters.get("shopify-reload");
  if (!framed && config.host) {
    location.replace(`${admin}/admin/apps/danke${reload ? new URL(reload, location.origin).pathname : location.pathname}`);
  } else if (reload) {
    ask("idToken").then((token) => {
      const target = new URL(reload, location.origin);
      if (target.origin !== location.origin) throw new Error("App Bridge: shopify-reload leads elsewhere.");
      target.searchParams.set("id_token", token);
      location.replace(target.href);
    });
  }
})();
