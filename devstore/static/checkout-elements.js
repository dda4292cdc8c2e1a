/* Stand-in of Shopify's Polaris elements in checkout and customer accounts: the same tags and attributes, drawn plainly.
   Only those that Danke's extensions use. Colours are those of checkout.css. */
(() => {
  "use strict";
  const GAPS = { none: "0", "small-200": "6px", small: "10px", base: "16px", large: "24px" };
  const ICONS = {
    "check-circle": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6",
    delivery: "M2 6h12v10H2zM14 9h4l4 4v3h-8M6 18a2 2 0 1 0 0-.1M18 18a2 2 0 1 0 0-.1",
    clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l4 2",
    "alert-triangle": "M12 4 2 20h20zM12 10v4M12 17v.5",
  };
  const style = document.createElement("style");
  style.textContent = `
    body { padding: 1px; } s-page, s-section, s-stack, s-paragraph, s-heading, s-unordered-list, s-ordered-list { display: block; min-width: 0; }
    s-section { padding: 16px; border: 1px solid var(--line); border-radius: 12px; } s-section s-section { padding: 0; border: 0; }
    s-heading { font-size: 1.15rem; font-weight: 600; } [color="subdued"] { color: var(--soft); }
    s-text[type="strong"] { font-weight: 650; } s-text[type="small"] { font-size: .9rem; }
    s-ordered-list { list-style: decimal; } s-unordered-list { list-style: disc; } s-ordered-list, s-unordered-list { padding-left: 24px; }
    s-list-item { display: list-item; padding-block: 3px; }
    s-icon { display: inline-block; width: 22px; height: 22px; flex: none; } [tone="warning"]:is(s-icon) { color: var(--problem); } [tone="success"]:is(s-icon), [tone="info"]:is(s-icon) { color: var(--accent); }
    s-skeleton-paragraph { display: block; height: 20px; border-radius: 6px; background: var(--line); }
    s-page > * + * { margin-top: 16px; }`;
  document.head.append(style);
  const sheet = `h2, h3, h4 { margin: 0 0 10px; font-size: 1.05rem; font-weight: 600; line-height: 1.3; } a { color: inherit; text-underline-offset: .2em; display: inline-block; padding-block: 4px; }
    button { min-height: 44px; padding: 8px 18px; border: 1px solid currentColor; border-radius: 8px; background: transparent; color: inherit; font: inherit; cursor: pointer; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }`;

  const depthOf = (element) => {
    let depth = 2;
    for (let one = element.parentElement?.closest("s-section, s-page"); one; one = one.parentElement?.closest("s-section, s-page")) {
      if (one.hasAttribute("heading")) depth += 1;
    }
    return depth;
  };

  /** An element that draws itself from its attributes whenever one of them changes. */
  const define = (name, attributes, draw) => customElements.define(name, class extends HTMLElement {
    static observedAttributes = attributes;
    connectedCallback() { draw(this); }
    attributeChangedCallback() { if (this.isConnected) draw(this); }
  });
  const role = (name, value) => define(name, [], (element) => element.setAttribute("role", value));
  /** An element whose tag or heading lives in a shadow tree around its children. */
  const wrap = (element, ...parts) => {
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const css = document.createElement("style");
    css.textContent = sheet;
    root.replaceChildren(css, ...parts);
  };
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const headed = (element) => {
    const heading = element.getAttribute("heading");
    const own = heading ? [make(`h${Math.min(depthOf(element), 4)}`, { textContent: heading })] : [];
    wrap(element, ...own, make("slot"));
  };
  define("s-section", ["heading"], headed);
  define("s-page", ["heading"], headed);
  define("s-heading", [], (element) => {
    element.setAttribute("role", "heading");
    element.setAttribute("aria-level", String(Math.min(depthOf(element), 6)));
  });
  define("s-stack", ["direction", "gap", "alignitems"], (element) => {
    const isRow = element.getAttribute("direction") === "inline";
    Object.assign(element.style, {
      display: "flex", flexDirection: isRow ? "row" : "column", gap: GAPS[element.getAttribute("gap")] ?? "0",
      alignItems: element.getAttribute("alignitems") ?? "",
    });
  });
  role("s-ordered-list", "list");
  role("s-unordered-list", "list");
  role("s-list-item", "listitem");
  define("s-link", ["href"], (element) => {
    const href = (element.getAttribute("href") ?? "").replace(/^shopify:customer-account\/orders\//, "/_extensions/orders/");
    wrap(element, make("a", { href, target: "_top" }, make("slot")));
  });
  define("s-button", [], (element) => wrap(element, make("button", { type: "button" }, make("slot"))));
  define("s-icon", ["type"], (element) => {
    element.setAttribute("aria-hidden", "true");
    element.innerHTML = `<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="2"><path d="${ICONS[element.getAttribute("type")] ?? ""}"/></svg>`;
  });
  define("s-skeleton-paragraph", [], (element) => element.setAttribute("aria-hidden", "true"));
})();
