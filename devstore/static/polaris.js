/* Stand-in of Shopify's Polaris web components for the development store: the same tags and attributes, drawn plainly.
   Only the elements that Danke's page uses; the real ones come from Shopify's CDN. */
(() => {
  "use strict";
  const SPACE = {
    none: "0", "small-500": "1px", "small-400": "2px", "small-300": "4px", "small-200": "6px", "small-100": "8px",
    small: "12px", base: "16px", large: "20px", "large-100": "24px", "large-200": "28px", "large-300": "32px",
    "large-400": "40px", "large-500": "48px",
  };
  const RADIUS = { none: "0", "small-200": "2px", "small-100": "4px", small: "6px", base: "8px", large: "12px", "large-100": "16px", "large-200": "20px", max: "999px" };
  const BACKGROUND = { base: "#fff", subdued: "#f7f7f7", strong: "#ebebeb", transparent: "transparent" };
  const BORDER = { none: "0", base: "1px solid #e3e3e3", small: "1px solid #e3e3e3", "small-100": "1px solid #e3e3e3", large: "2px solid #cccccc", "large-100": "3px solid #cccccc" };
  const PLACE = { start: "flex-start", end: "flex-end" };

  /* The host elements are styled in the document; fields and buttons have their own shadow tree. */
  const style = document.createElement("style");
  style.textContent = `
    s-page, s-section, s-stack, s-box, s-grid, s-grid-item, s-heading, s-paragraph, s-banner, s-divider, s-unordered-list, s-ordered-list, s-table, s-query-container, s-empty-state, s-choice-list, s-scroll-box, s-progress { display: block; box-sizing: border-box; min-width: 0; }
    s-page { max-width: 998px; margin: 0 auto; padding: 20px 16px 48px; color: #303030; font: 13px/20px Inter, -apple-system, system-ui, "Segoe UI", Roboto, sans-serif; }
    s-page[inlinesize="large"], s-page[inlineSize="large"] { max-width: none; }
    s-page[inlinesize="small"], s-page[inlineSize="small"] { max-width: 662px; }
    s-section { position: relative; padding: 16px; background: #fff; border-radius: 12px; box-shadow: 0 0 0 1px #0000000f, 0 1px 2px #0000001a; }
    s-section[padding="none"] { padding: 0; overflow: hidden; }
    s-section s-section { padding: 0; box-shadow: none; border-radius: 0; }
    s-heading { font-size: 14px; line-height: 20px; font-weight: 650; }
    s-paragraph { margin: 0; }
    [tone="success"]:is(s-text, s-paragraph) { color: #0c5132; } [tone="critical"]:is(s-text, s-paragraph) { color: #8e1f0b; }
    [tone="caution"]:is(s-text, s-paragraph), [tone="warning"]:is(s-text, s-paragraph) { color: #5e4200; } [tone="info"]:is(s-text, s-paragraph) { color: #003a5a; }
    [color="subdued"]:is(s-text, s-paragraph) { color: #616161; }
    s-text[type="strong"] { font-weight: 650; } s-text[type="redundant"] { text-decoration: line-through; }
    s-text[type="small"] { font-size: 12px; } s-text[type="address"] { display: block; } s-text[type="offset"] { color: #616161; }
    [fontvariantnumeric="tabular-nums"], s-number { font-variant-numeric: tabular-nums; }
    s-badge { display: inline-block; padding: 2px 8px; border-radius: 8px; background: #0000000f; color: #4a4a4a; font-size: 12px; line-height: 16px; font-weight: 550; white-space: nowrap; }
    s-badge[tone="success"] { background: #affebf; color: #014b40; } s-badge[tone="info"] { background: #d5ebff; color: #003a5a; }
    s-badge[tone="warning"], s-badge[tone="caution"] { background: #ffe9a8; color: #4f4700; } s-badge[tone="critical"] { background: #fedad9; color: #8e0b21; }
    s-divider { border-top: 1px solid #e3e3e3; } s-divider[direction="block"] { border-top: 0; border-left: 1px solid #e3e3e3; align-self: stretch; }
    s-unordered-list, s-ordered-list { padding-left: 20px; } s-list-item { display: list-item; list-style: inherit; }
    s-unordered-list { list-style: disc; } s-ordered-list { list-style: decimal; } s-list-item + s-list-item { margin-top: 4px; }
    s-image { display: inline-block; line-height: 0; } s-icon { display: inline-block; width: 20px; height: 20px; }
    s-option, s-option-group { display: none; }
    s-table { overflow-x: auto; }
    s-table-header-row, s-table-row { display: table-row; } s-table-body { display: table-row-group; }
    s-table-header, s-table-cell { display: table-cell; padding: 8px 12px; vertical-align: middle; border-bottom: 1px solid #ebebeb; }
    s-table-header { background: #f7f7f7; color: #616161; font-size: 12px; font-weight: 550; text-align: left; white-space: nowrap; }
    s-table-header[format="numeric"], s-table-header[format="currency"], s-table-cell[data-format="numeric"], s-table-cell[data-format="currency"] { text-align: right; font-variant-numeric: tabular-nums; }
    s-table[data-list] s-table-header-row { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    s-table[data-list] :is(s-table-body, s-table-row) { display: block; } s-table[data-list] s-table-row { padding: 10px 12px; border-bottom: 1px solid #ebebeb; }
    s-table[data-list] s-table-cell { display: flex; justify-content: space-between; gap: 16px; padding: 2px 0; border: 0; text-align: left; }
    s-table[data-list] s-table-cell[data-slot="primary"] { font-weight: 650; }
    s-table[data-list] s-table-cell:not([data-slot="primary"])::before { content: attr(data-label); color: #616161; }
    s-banner[hidden], [hidden]:is(s-box, s-section, s-stack) { display: none; }
    body:has(> s-page), body:has(> main > s-page) { margin: 0; background: #f1f1f1; }
  `;
  document.head.append(style);

  const own = (target, name) => target.getAttribute(name);
  const has = (target, name) => target.hasAttribute(name) && own(target, name) !== "false";

  /** The value of an attribute that may be responsive: "@container (inline-size > 500px) A, B". */
  const resolve = (element, name) => {
    const text = own(element, name);
    if (!text || !text.startsWith("@container")) return text;
    const match = text.match(/^@container[^(]*\((.+?)\)\s*(.+),\s*([^,]+)$/);
    if (!match) return text;
    const container = element.closest("s-query-container") || document.body;
    const [, condition, inside, outside] = match;
    const fits = condition.split(/\s+and\s+/).every((part) => {
      const rule = part.replace(/[()]/g, "").match(/inline-size\s*([<>]=?)\s*(\d+)px/);
      if (!rule) return false;
      const [width, limit] = [container.clientWidth, Number(rule[2])];
      return { ">": width > limit, ">=": width >= limit, "<": width < limit, "<=": width <= limit }[rule[1]];
    });
    return (fits ? inside : outside).trim();
  };
  const spaces = (text) => text && text.split(/\s+/).map((one) => SPACE[one] || one).join(" ");

  const LAYOUT = {
    padding: (value) => ({ padding: spaces(value) }), paddingblock: (value) => ({ paddingBlock: spaces(value) }),
    paddinginline: (value) => ({ paddingInline: spaces(value) }), paddingblockstart: (value) => ({ paddingBlockStart: spaces(value) }),
    paddingblockend: (value) => ({ paddingBlockEnd: spaces(value) }), paddinginlinestart: (value) => ({ paddingInlineStart: spaces(value) }),
    paddinginlineend: (value) => ({ paddingInlineEnd: spaces(value) }), gap: (value) => ({ gap: spaces(value) }),
    rowgap: (value) => ({ rowGap: spaces(value) }), columngap: (value) => ({ columnGap: spaces(value) }),
    alignitems: (value) => ({ alignItems: PLACE[value] || value }), justifycontent: (value) => ({ justifyContent: PLACE[value] || value }),
    aligncontent: (value) => ({ alignContent: PLACE[value] || value }), justifyitems: (value) => ({ justifyItems: value }),
    background: (value) => ({ background: BACKGROUND[value] || "" }), borderradius: (value) => ({ borderRadius: value.split(" ").map((one) => RADIUS[one] || "0").join(" ") }),
    border: (value) => ({ border: BORDER[value.split(" ")[0]] || "" }), inlinesize: (value) => ({ inlineSize: value }),
    blocksize: (value) => ({ blockSize: value }), mininlinesize: (value) => ({ minInlineSize: value }), maxinlinesize: (value) => ({ maxInlineSize: value }),
    minblocksize: (value) => ({ minBlockSize: value }), maxblocksize: (value) => ({ maxBlockSize: value }), overflow: (value) => ({ overflow: value === "hidden" ? "hidden" : "visible" }),
    display: (value) => ({ display: value === "none" ? "none" : "" }), gridtemplatecolumns: (value) => ({ gridTemplateColumns: value }),
    gridtemplaterows: (value) => ({ gridTemplateRows: value }), gridcolumn: (value) => ({ gridColumn: value }), gridrow: (value) => ({ gridRow: value }),
  };
  const ROLES = { header: "banner", footer: "contentinfo", main: "main", section: "region", navigation: "navigation", status: "status", alert: "alert", "unordered-list": "list", "list-item": "listitem", generic: "", none: "none" };

  class Layout extends HTMLElement {
    static observedAttributes = [...Object.keys(LAYOUT), "direction", "accessibilityrole", "accessibilitylabel"];
    connectedCallback() {
      this.observer = new ResizeObserver(() => this.arrange());
      if ([...this.attributes].some((one) => one.value.startsWith("@container"))) {
        this.observer.observe(this.closest("s-query-container") || document.body);
      }
      this.arrange();
    }
    disconnectedCallback() {
      this.observer.disconnect();
    }
    attributeChangedCallback() {
      if (this.isConnected && this.observer) this.arrange();
    }
    arrange() {
      Object.assign(this.style, this.constructor.base(this));
      for (const [name, translate] of Object.entries(LAYOUT)) {
        if (this.hasAttribute(name)) Object.assign(this.style, translate(resolve(this, name)));
      }
      const role = ROLES[own(this, "accessibilityrole")];
      if (role) this.setAttribute("role", role);
      if (own(this, "accessibilitylabel")) this.setAttribute("aria-label", own(this, "accessibilitylabel"));
    }
    static base() {
      return {};
    }
  }
  const defineLayout = (name, base) => customElements.define(name, class extends Layout { static base = base; });
  const none = () => ({});
  defineLayout("s-box", none);
  defineLayout("s-scroll-box", () => ({ overflow: "auto" }));
  defineLayout("s-grid-item", none);
  defineLayout("s-stack", (element) =>
    resolve(element, "direction") === "inline"
      ? { display: "flex", flexDirection: "row", flexWrap: "wrap", alignItems: "center" }
      : { display: "flex", flexDirection: "column", flexWrap: "nowrap", alignItems: "stretch" });
  defineLayout("s-grid", () => ({ display: "grid" }));
  defineLayout("s-query-container", none);
  defineLayout("s-button-group", () => ({ display: "inline-flex", flexWrap: "wrap", gap: "8px" }));

  /* Text, headings, lists, badges: roles only. */
  const definePlain = (name, role, prepare = () => {}) =>
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        const wanted = typeof role === "function" ? role(this) : role;
        if (wanted && !this.hasAttribute("role")) this.setAttribute("role", wanted);
        prepare(this);
      }
    });
  const levelOf = (element) => 2 + Math.max(0, countSections(element) - (element.localName === "s-heading" ? 0 : 1));
  const countSections = (element) => {
    let count = 0;
    for (let at = element.parentElement; at; at = at.parentElement) if (at.localName === "s-section") count += 1;
    return count;
  };
  definePlain("s-heading", (element) => (own(element, "accessibilityrole") === "presentation" ? "presentation" : "heading"), (element) => {
    const inside = countSections(element);
    const named = element.closest("s-section[heading]");
    element.setAttribute("aria-level", String(2 + (named ? inside : Math.max(0, inside - 1))));
  });
  definePlain("s-paragraph", "paragraph");
  definePlain("s-text", (element) => ({ strong: "strong", generic: "" })[own(element, "type")] || "");
  definePlain("s-number", "");
  definePlain("s-badge", "");
  definePlain("s-divider", "separator");
  definePlain("s-unordered-list", "list");
  definePlain("s-ordered-list", "list");
  definePlain("s-list-item", "listitem");
  definePlain("s-option", "");
  definePlain("s-option-group", "");
  definePlain("s-table-body", "rowgroup");
  definePlain("s-table-row", "row");
  definePlain("s-table-cell", "cell");
  definePlain("s-table-header", "columnheader");
  definePlain("s-table-header-row", "row");
  definePlain("s-icon", "", (element) => element.setAttribute("aria-hidden", "true"));
  definePlain("s-image", "", (element) => {
    const image = document.createElement("img");
    for (const name of ["src", "alt", "srcset", "sizes", "loading"]) if (own(element, name) !== null) image.setAttribute(name, own(element, name));
    image.alt = own(element, "alt") || "";
    image.style.cssText = `max-width: 100%; aspect-ratio: ${own(element, "aspectratio") || "auto"}; object-fit: ${own(element, "objectfit") || "contain"}`;
    element.replaceChildren(image);
  });

  customElements.define("s-table", class extends HTMLElement {
    connectedCallback() {
      this.attachShadow({ mode: "open" }).innerHTML = '<style>div { display: table; width: 100%; border-collapse: collapse; } :host([data-list]) div { display: block; }</style><div role="presentation"><slot></slot></div>';
      this.setAttribute("role", "table");
      this.sizes = new ResizeObserver(() => this.fit());
      this.changes = new MutationObserver(() => this.label());
      this.sizes.observe(this);
      this.changes.observe(this, { childList: true, subtree: true });
      this.label();
    }
    disconnectedCallback() {
      this.sizes.disconnect();
      this.changes.disconnect();
    }
    fit() {
      const variant = own(this, "variant") || "auto";
      this.toggleAttribute("data-list", variant === "list" || (variant === "auto" && this.clientWidth < 490));
    }
    label() {
      const headers = [...this.querySelectorAll("s-table-header")];
      for (const row of this.querySelectorAll("s-table-row")) {
        [...row.querySelectorAll("s-table-cell")].forEach((cell, number) => {
          const header = headers[number];
          if (!header) return;
          cell.dataset.label = header.textContent.trim();
          cell.dataset.format = own(header, "format") || "base";
          cell.dataset.slot = own(header, "listslot") || "labeled";
        });
      }
    }
  });

  /* Elements with a shadow tree. */
  const SHARED = `
    :host { font: 13px/20px Inter, -apple-system, system-ui, "Segoe UI", Roboto, sans-serif; color: #303030; }
    * { box-sizing: border-box; font: inherit; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    :focus-visible { outline: 2px solid #005bd3; outline-offset: 1px; }
  `;
  const shadow = (element, markup, css, options = {}) => {
    const root = element.shadowRoot || element.attachShadow({ mode: "open", ...options });
    root.innerHTML = `<style>${SHARED}${css}</style>${markup}`;
    return root;
  };

  customElements.define("s-page", class extends HTMLElement {
    static observedAttributes = ["heading"];
    connectedCallback() {
      shadow(this, `
        <header><slot name="breadcrumb-actions"></slot><h1></h1><span><slot name="secondary-actions"></slot><slot name="primary-action"></slot></span></header>
        <div class="columns"><div class="main"><slot></slot></div><div class="aside"><slot name="aside"></slot></div></div>`, `
        header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin-bottom: 16px; } header:has(h1:empty) { display: none; }
        h1 { flex: 1 1 auto; margin: 0; font-size: 20px; line-height: 24px; font-weight: 650; } header span { display: inline-flex; gap: 8px; }
        .columns, .main, .aside { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; align-content: start; min-width: 0; }
        .aside:not(.filled) { display: none; }
        @media (min-width: 768px) { .columns.filled { grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); } }`);
      const aside = this.shadowRoot.querySelector('slot[name="aside"]');
      aside.addEventListener("slotchange", () => {
        const filled = aside.assignedElements().length > 0;
        this.shadowRoot.querySelector(".aside").classList.toggle("filled", filled);
        this.shadowRoot.querySelector(".columns").classList.toggle("filled", filled);
      });
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      if (this.shadowRoot) this.shadowRoot.querySelector("h1").textContent = own(this, "heading") || "";
    }
  });

  customElements.define("s-section", class extends HTMLElement {
    static observedAttributes = ["heading", "subheading"];
    connectedCallback() {
      const level = Math.min(levelOf(this), 6);
      shadow(this, `<h${level}></h${level}><p></p><div><slot></slot></div>`, `
        :is(h2, h3, h4, h5, h6) { margin: 0 0 12px; font-size: 14px; font-weight: 650; } p { margin: -8px 0 12px; color: #616161; }
        :host([padding="none"]) :is(h2, h3, h4, h5, h6) { padding: 16px 16px 0; } div { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; } :empty:is(h2, h3, h4, h5, h6, p) { display: none; }`);
      this.setAttribute("role", "region");
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      if (!this.shadowRoot) return;
      this.shadowRoot.querySelector("h2, h3, h4, h5, h6").textContent = own(this, "heading") || "";
      this.shadowRoot.querySelector("p").textContent = own(this, "subheading") || "";
      const name = own(this, "accessibilitylabel") || own(this, "heading");
      if (name) this.setAttribute("aria-label", name);
      else this.removeAttribute("role");
    }
  });

  customElements.define("s-banner", class extends HTMLElement {
    static observedAttributes = ["heading"];
    connectedCallback() {
      const tone = own(this, "tone");
      shadow(this, `<div class="box"><div><strong></strong><div class="text"><slot></slot></div><slot name="secondary-actions"></slot></div><button type="button" aria-label="${document.documentElement.lang === "de" ? "Schließen" : "Dismiss"}" hidden>×</button></div>`, `
        .box { display: flex; gap: 12px; justify-content: space-between; padding: 12px 16px; border-radius: 12px; background: #eaf4ff; border-left: 4px solid #0094d5; }
        :host([tone="success"]) .box { background: #cdfee1; border-color: #29845a; } :host([tone="critical"]) .box { background: #fee9e8; border-color: #e22c38; }
        :host([tone="warning"]) .box, :host([tone="caution"]) .box { background: #fff1d6; border-color: #b28400; }
        strong { display: block; font-weight: 650; } strong:empty { display: none; } button { border: 0; background: none; min-width: 28px; height: 28px; font-size: 18px; cursor: pointer; }`);
      this.setAttribute("role", tone === "critical" || tone === "warning" ? "alert" : "status");
      const button = this.shadowRoot.querySelector("button");
      button.hidden = !has(this, "dismissible");
      button.addEventListener("click", () => {
        this.hidden = true;
        this.dispatchEvent(new Event("dismiss"));
      });
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      if (this.shadowRoot) this.shadowRoot.querySelector("strong").textContent = own(this, "heading") || "";
    }
  });

  customElements.define("s-spinner", class extends HTMLElement {
    connectedCallback() {
      shadow(this, "<i></i>", `i { display: inline-block; width: 20px; height: 20px; border: 3px solid #d4d4d4; border-top-color: #616161; border-radius: 50%; animation: turn 1s linear infinite; }
        :host([size="large"]) i { width: 40px; height: 40px; } @keyframes turn { to { transform: rotate(1turn); } } @media (prefers-reduced-motion: reduce) { i { animation-duration: 4s; } }`);
      this.setAttribute("role", "status");
      this.setAttribute("aria-label", own(this, "accessibilitylabel") || "");
    }
  });

  customElements.define("s-progress", class extends HTMLElement {
    static observedAttributes = ["value", "max", "accessibilitylabel"];
    connectedCallback() {
      shadow(this, "<progress></progress>", "progress { width: 100%; height: 8px; accent-color: #29845a; }");
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      const bar = this.shadowRoot && this.shadowRoot.querySelector("progress");
      if (!bar) return;
      bar.max = Number(own(this, "max") || 1);
      if (own(this, "value") !== null) bar.value = Number(own(this, "value"));
      bar.setAttribute("aria-label", own(this, "accessibilitylabel") || "");
    }
  });

  customElements.define("s-empty-state", class extends HTMLElement {
    connectedCallback() {
      shadow(this, `<div><strong></strong><slot></slot><span><slot name="primary-action"></slot><slot name="secondary-actions"></slot></span></div>`, "div { display: grid; gap: 8px; justify-items: center; padding: 32px 16px; text-align: center; } strong { font-size: 16px; font-weight: 650; } span { display: inline-flex; gap: 8px; }");
      this.shadowRoot.querySelector("strong").textContent = own(this, "heading") || "";
    }
  });

  const obey = (element) => {
    const id = own(element, "commandfor");
    const target = id && document.getElementById(id);
    if (!target) return false;
    const command = own(element, "command") || "--auto";
    const name = { "--show": "showOverlay", "--hide": "hideOverlay", "--toggle": "toggleOverlay", "--auto": "toggleOverlay" }[command];
    if (name && target[name]) target[name]();
    return Boolean(name);
  };

  class Pressable extends HTMLElement {
    static formAssociated = true;
    static observedAttributes = ["disabled", "loading", "href", "target", "accessibilitylabel", "download", "pressed"];
    constructor() {
      super();
      this.internals = this.attachInternals();
    }
    connectedCallback() {
      this.draw();
    }
    attributeChangedCallback() {
      if (this.shadowRoot) this.draw();
    }
    draw() {
      const link = this.hasAttribute("href");
      shadow(this, link ? "<a><slot></slot></a>" : '<button type="button"><slot></slot></button>', this.constructor.css, { delegatesFocus: true });
      const inner = this.shadowRoot.querySelector("a, button");
      if (own(this, "accessibilitylabel")) inner.setAttribute("aria-label", own(this, "accessibilitylabel"));
      if (link) {
        for (const name of ["href", "target", "download"]) if (own(this, name) !== null) inner.setAttribute(name, own(this, name));
        if (own(this, "target") === "_blank") inner.rel = "noopener";
        return;
      }
      inner.disabled = has(this, "disabled") || has(this, "loading");
      if (has(this, "loading")) inner.setAttribute("aria-busy", "true");
      if (this.localName === "s-press-button") inner.setAttribute("aria-pressed", String(has(this, "pressed")));
      inner.addEventListener("click", () => queueMicrotask(() => this.press()));
    }
    press() {
      if (obey(this)) return;
      const form = this.internals.form;
      if (own(this, "type") === "submit" && form) form.requestSubmit();
      if (own(this, "type") === "reset" && form) form.reset();
    }
    click() {
      this.shadowRoot.querySelector("a, button").click();
    }
  }
  const BUTTON = `
    :host { display: inline-block; } :host([inlinesize="fill"]) { display: block; }
    a, button { display: inline-flex; align-items: center; justify-content: center; gap: 4px; width: 100%; min-height: 32px; padding: 5px 12px; border: 0; border-radius: 8px; background: #fff; box-shadow: inset 0 0 0 1px #c9c9c9, 0 1px 0 #b5b5b5; color: #303030; font-size: 13px; font-weight: 550; text-decoration: none; cursor: pointer; }
    a:hover, button:hover { background: #f7f7f7; } button[disabled] { background: #ebebeb; color: #6d6d6d; box-shadow: none; cursor: default; }
    :host([variant="primary"]) :is(a, button):not([disabled]) { background: #303030; color: #fff; box-shadow: none; } :host([variant="primary"]) :is(a, button):not([disabled]):hover { background: #1a1a1a; }
    :host([variant="tertiary"]) :is(a, button) { background: none; box-shadow: none; } :host([tone="critical"]) :is(a, button):not([disabled]) { color: #8e0b21; }
    :host([variant="primary"][tone="critical"]) :is(a, button):not([disabled]) { background: #c70a24; color: #fff; }
    button[aria-busy]::after { content: "…"; } @media (max-width: 490px) { a, button { min-height: 44px; } }`;
  customElements.define("s-button", class extends Pressable { static css = BUTTON; });
  customElements.define("s-press-button", class extends Pressable { static css = BUTTON; });
  customElements.define("s-clickable", class extends Pressable {
    static css = ":host { display: block; } a, button { display: block; width: 100%; padding: 0; border: 0; background: none; color: inherit; text-align: inherit; text-decoration: none; cursor: pointer; }";
  });
  customElements.define("s-link", class extends Pressable {
    static css = ":host { display: inline; } a, button { display: inline; padding: 0; border: 0; background: none; color: #005bd3; text-decoration: underline; cursor: pointer; font-weight: inherit; font-size: inherit; } :host([tone=\"critical\"]) :is(a, button) { color: #8e0b21; }";
  });

  /* Fields. */
  const FIELD = `
    :host { display: block; min-width: 0; } :host([hidden]) { display: none; }
    label { display: block; margin-bottom: 4px; font-weight: 450; } .box { display: flex; align-items: center; gap: 6px; min-height: 32px; padding: 0 12px; border: 1px solid #8a8a8a; border-radius: 8px; background: #fdfdfd; }
    .box:focus-within { outline: 2px solid #005bd3; outline-offset: 1px; } .box :focus { outline: none; }
    input:not([type="checkbox"], [type="radio"], [type="color"]), textarea, select { flex: 1; width: 100%; min-width: 0; min-height: 30px; padding: 5px 0; border: 0; background: none; color: inherit; } textarea { resize: vertical; }
    input[type="color"] { flex: none; width: 24px; height: 24px; padding: 0; border: 1px solid #8a8a8a; border-radius: 6px; background: none; cursor: pointer; } input.unknown::-webkit-color-swatch { background: #fff !important; } input.unknown::-moz-color-swatch { background: #fff !important; }
    .affix { color: #616161; white-space: nowrap; } .affix:empty { display: none; }
    .details { margin: 4px 0 0; color: #616161; } .error { margin: 4px 0 0; color: #8e1f0b; } .error::before { content: "⚠ "; } .details:empty, .error:empty { display: none; }
    :host([error]:not([error=""])) .box { border-color: #8e1f0b; background: #fee9e8; } .choice { display: flex; align-items: flex-start; gap: 8px; min-height: 24px; } .choice label { margin: 0; }
    .choice input { flex: none; width: 18px; height: 18px; margin: 1px 0; accent-color: #303030; }
    .choice input[role="switch"] { appearance: none; position: relative; width: 32px; height: 20px; margin: 0; border-radius: 10px; background: #8a8a8a; cursor: pointer; }
    .choice input[role="switch"]::after { content: ""; position: absolute; left: 2px; top: 2px; width: 16px; height: 16px; border-radius: 50%; background: #fff; } .choice input[role="switch"]:checked { background: #303030; } .choice input[role="switch"]:checked::after { left: 14px; }
    .choice input[role="switch"]:disabled { background: #d4d4d4; } input:disabled, select:disabled, textarea:disabled { color: #6d6d6d; }
    @media (max-width: 490px) { .box { min-height: 44px; } .choice { min-height: 44px; align-items: center; } }`;
  const PASSED = ["placeholder", "autocomplete", "maxlength", "minlength", "min", "max", "step", "inputmode", "rows"];
  const FLAGS = ["required", "disabled", "readonly"];

  class Field extends HTMLElement {
    static formAssociated = true;
    static kind = "text";
    static observedAttributes = ["label", "value", "error", "details", "prefix", "suffix", "labelaccessibilityvisibility", "checked", ...PASSED, ...FLAGS];
    constructor() {
      super();
      this.internals = this.attachInternals();
      shadow(this, this.constructor.markup(), FIELD, { delegatesFocus: true });
      this.control = this.shadowRoot.querySelector(".control");
      this.control.addEventListener("input", () => this.share());
      this.control.addEventListener("change", () => {
        this.share();
        this.dispatchEvent(new Event("change", { bubbles: true }));
      });
      this.control.addEventListener("keydown", (event) => {
        const enters = event.key === "Enter" && this.control.localName === "input" && !event.isComposing;
        if (enters && this.internals.form) this.internals.form.requestSubmit();
      });
    }
    static markup() {
      return `<label for="control"></label><div class="box"><span class="affix before"></span><input id="control" class="control" type="${this.kind}" aria-describedby="details error"><span class="affix after"></span></div><p id="details" class="details"></p><p id="error" class="error" role="alert"></p>`;
    }
    connectedCallback() {
      if (!this.edited) this.setControl(own(this, "value"));
      this.describe();
      this.share();
    }
    attributeChangedCallback(name) {
      if (name === "value" && !this.edited) this.setControl(own(this, "value"));
      this.describe();
      this.share();
    }
    describe() {
      const label = this.shadowRoot.querySelector("label");
      label.textContent = own(this, "label") || "";
      label.classList.toggle("hidden", own(this, "labelaccessibilityvisibility") === "exclusive");
      this.shadowRoot.querySelector(".details").textContent = own(this, "details") || "";
      this.shadowRoot.querySelector(".error").textContent = own(this, "error") || "";
      for (const [name, place] of [["prefix", ".before"], ["suffix", ".after"]]) {
        const affix = this.shadowRoot.querySelector(place);
        if (affix) affix.textContent = own(this, name) || "";
      }
      for (const name of PASSED) {
        if (own(this, name) !== null) this.control.setAttribute(name, own(this, name));
        else this.control.removeAttribute(name);
      }
      for (const name of FLAGS) this.control.toggleAttribute(name, has(this, name));
      this.control.setAttribute("aria-invalid", String(Boolean(own(this, "error"))));
    }
    setControl(value) {
      this.control.value = value ?? "";
    }
    share() {
      this.edited = this.isConnected && this.control.value !== (own(this, "value") ?? "");
      this.internals.setFormValue(has(this, "disabled") ? null : this.control.value);
      this.check();
    }
    check() {
      if (this.control.validity.valid) this.internals.setValidity({});
      else this.internals.setValidity(this.control.validity, this.control.validationMessage || "!", this.control);
    }
    formResetCallback() {
      this.edited = false;
      this.setControl(own(this, "value"));
      this.share();
    }
    formDisabledCallback(disabled) {
      this.control.disabled = disabled || has(this, "disabled");
    }
    get value() {
      return this.control.value;
    }
    set value(text) {
      this.setControl(text);
      this.share();
    }
    get name() {
      return own(this, "name") || "";
    }
    get form() {
      return this.internals.form;
    }
    get validity() {
      return this.internals.validity;
    }
    checkValidity() {
      return this.internals.checkValidity();
    }
    reportValidity() {
      return this.internals.reportValidity();
    }
  }
  const KINDS = {
    "s-text-field": "text", "s-email-field": "email", "s-url-field": "url", "s-number-field": "number", "s-password-field": "password",
    "s-search-field": "search", "s-money-field": "number", "s-date-field": "date",
  };
  for (const [name, kind] of Object.entries(KINDS)) customElements.define(name, class extends Field { static kind = kind; });

  customElements.define("s-text-area", class extends Field {
    static markup() {
      return '<label for="control"></label><div class="box"><textarea id="control" class="control" aria-describedby="details error"></textarea></div><p id="details" class="details"></p><p id="error" class="error" role="alert"></p>';
    }
  });

  customElements.define("s-color-field", class extends Field {
    static markup() {
      return '<label for="control"></label><div class="box"><input type="color" class="swatch" tabindex="-1" aria-hidden="true"><input id="control" class="control" type="text" spellcheck="false" aria-describedby="details error"></div><p id="details" class="details"></p><p id="error" class="error" role="alert"></p>';
    }
    constructor() {
      super();
      this.swatch = this.shadowRoot.querySelector(".swatch");
      this.swatch.addEventListener("input", () => {
        this.control.value = this.swatch.value;
        this.share();
      });
      this.swatch.addEventListener("change", () => this.dispatchEvent(new Event("change", { bubbles: true })));
    }
    share() {
      super.share();
      const known = /^#[0-9a-f]{6}$/i.test(this.control.value);
      if (this.swatch && known) this.swatch.value = this.control.value;
      if (this.swatch) this.swatch.classList.toggle("unknown", !known);
    }
  });

  customElements.define("s-select", class extends Field {
    static markup() {
      return '<label for="control"></label><div class="box"><select id="control" class="control" aria-describedby="details error"></select></div><p id="details" class="details"></p><p id="error" class="error" role="alert"></p>';
    }
    connectedCallback() {
      this.options = new MutationObserver(() => this.fill());
      this.options.observe(this, { childList: true, subtree: true, characterData: true, attributes: true });
      this.fill();
      super.connectedCallback();
    }
    disconnectedCallback() {
      this.options.disconnect();
    }
    fill() {
      const chosen = this.edited ? this.control.value : (own(this, "value") ?? this.querySelector("s-option[selected]")?.getAttribute("value"));
      const copies = [...this.querySelectorAll("s-option")].map((one) => {
        const option = new Option(one.textContent.trim(), own(one, "value") ?? one.textContent.trim());
        option.disabled = has(one, "disabled");
        return option;
      });
      if (own(this, "placeholder") && !chosen) copies.unshift(new Option(own(this, "placeholder"), ""));
      this.control.replaceChildren(...copies);
      if (chosen !== null && chosen !== undefined) this.control.value = chosen;
      this.first = this.control.value;
      this.share();
    }
    setControl(value) {
      if (value !== null) this.control.value = value;
      else if (this.first !== undefined) this.control.value = this.first;
    }
    share() {
      super.share();
      this.edited = this.isConnected && this.first !== undefined && this.control.value !== this.first;
    }
  });

  class Choice extends Field {
    static role = "";
    static markup() {
      return `<div class="choice"><input id="control" class="control" type="checkbox"${this.role ? ` role="${this.role}"` : ""} aria-describedby="details error"><label for="control"></label></div><p id="details" class="details"></p><p id="error" class="error" role="alert"></p>`;
    }
    connectedCallback() {
      if (!this.edited) this.control.checked = has(this, "checked");
      super.connectedCallback();
    }
    attributeChangedCallback(name) {
      if (name === "checked") this.control.checked = has(this, "checked");
      super.attributeChangedCallback(name);
    }
    setControl() {}
    share() {
      this.edited = this.isConnected && this.control.checked !== has(this, "checked");
      this.internals.setFormValue(this.control.checked && !has(this, "disabled") ? (own(this, "value") ?? "on") : null);
      this.check();
    }
    formResetCallback() {
      this.edited = false;
      this.control.checked = has(this, "checked");
      this.share();
    }
    get checked() {
      return this.control.checked;
    }
    set checked(value) {
      this.control.checked = value;
      this.share();
    }
    get value() {
      return own(this, "value") ?? "on";
    }
    set value(text) {
      this.setAttribute("value", text);
    }
  }
  customElements.define("s-checkbox", Choice);
  customElements.define("s-switch", class extends Choice { static role = "switch"; });

  customElements.define("s-modal", class extends HTMLElement {
    connectedCallback() {
      const german = document.documentElement.lang.startsWith("de");
      shadow(this, `<dialog aria-labelledby="heading"><header><h2 id="heading"></h2><button type="button" aria-label="${german ? "Schließen" : "Close"}">×</button></header><div class="body"><slot></slot></div><footer><slot name="secondary-actions"></slot><slot name="primary-action"></slot></footer></dialog>`, `
        :host { display: contents; } dialog { width: min(620px, calc(100vw - 32px)); max-height: 80vh; padding: 0; border: 0; border-radius: 16px; box-shadow: 0 20px 40px #00000040; color: inherit; } dialog::backdrop { background: #0008; }
        :host([size="small"]) dialog { width: min(380px, calc(100vw - 32px)); } :host([size="large"]) dialog { width: min(980px, calc(100vw - 32px)); }
        header { display: flex; justify-content: space-between; align-items: center; gap: 12px; padding: 12px 16px; background: #f3f3f3; border-bottom: 1px solid #e3e3e3; } h2 { margin: 0; font-size: 14px; font-weight: 650; }
        header button { border: 0; background: none; min-width: 32px; height: 32px; font-size: 20px; cursor: pointer; } .body { padding: 16px; overflow: auto; } :host([padding="none"]) .body { padding: 0; } footer { display: flex; justify-content: flex-end; gap: 8px; padding: 0 16px 16px; }`);
      this.dialog = this.shadowRoot.querySelector("dialog");
      this.shadowRoot.querySelector("h2").textContent = own(this, "heading") || "";
      this.shadowRoot.querySelector("header button").addEventListener("click", () => this.hideOverlay());
      this.dialog.addEventListener("close", () => this.dispatchEvent(new Event("hide")));
    }
    showOverlay() {
      if (this.dialog.open) return;
      this.dialog.showModal();
      this.dispatchEvent(new Event("show"));
    }
    hideOverlay() {
      this.dialog.close();
    }
    toggleOverlay() {
      if (this.dialog.open) this.hideOverlay();
      else this.showOverlay();
    }
  });
})();
