/* Stand-in of what Shopify gives to a UI extension: the global `shopify` of its target, then a call of its module. */
const given = JSON.parse(document.getElementById("given").textContent);

/** A signal as Shopify's: its value, and who wants to know of the next one. */
const signal = (first) => {
  let value = first;
  const listeners = new Set();
  return {
    get value() { return value; },
    set(next) { value = next; for (const listener of listeners) listener(next); },
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
  };
};

const translate = (key, replacements = {}) => {
  const text = key.split(".").reduce((texts, part) => texts?.[part], given.texts);
  if (typeof text !== "string") throw new Error(`The extension has no text ${key}.`);
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => replacements[name] ?? whole);
};

const getSessionToken = async () => {
  const answer = await fetch("/_extensions/session-token", { method: "POST" });
  if (!answer.ok) throw new Error("There is no session token.");
  return (await answer.json()).token;
};

const language = signal({ isoCode: given.locale });
globalThis.shopify = {
  extension: { target: given.target, apiVersion: "2026-07" },
  i18n: { translate },
  localization: { language, extensionLanguage: language },
  sessionToken: { get: getSessionToken },
  ...(given.shop && { shop: given.shop }),
};
if (given.target.startsWith("purchase.")) {
  shopify.orderConfirmation = signal({ order: { id: given.order.id }, isFirstOrder: false });
} else if (given.order) {
  // the order comes a little later than the page
  shopify.order = signal(undefined);
  setTimeout(() => shopify.order.set(given.order), 50);
}
// Shopify CLI writes the address into the bundle while it builds
globalThis.process = { env: { APP_URL: given.appUrl } };

const tellHeight = () => parent.postMessage({ extensionHeight: document.body.offsetHeight }, location.origin);
new ResizeObserver(tellHeight).observe(document.body);
const { default: draw } = await import(given.module);
await draw();
