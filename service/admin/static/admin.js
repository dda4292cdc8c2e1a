/**
 * The embedded page without reloads. Every request is a fetch, because App Bridge adds the ID token to fetches only:
 * forms are sent as JSON, links swap `main`, and the figures of what is running are fetched again.
 */
const REFRESH_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
const PREVIEW_MS = 250;
const FILE_MS = 60_000;
const JSON_TYPE = "application/json";
const FIELDS = "[name]";
const SWITCHES = "s-switch, s-checkbox";
const OVER = new Set(["id_token", "danke-bounced"]);
const CHOICES = new Set(["guide", "kind", "language"]);

class SessionOver extends Error {}

// --- asking the service ---------------------------------------------------------------------------------------------

function addressOf(path) {
  const url = new URL(path, location.href);
  url.searchParams.set("locale", document.documentElement.lang);
  return url;
}

async function ask(path, values) {
  const options =
    values === undefined
      ? {}
      : { method: "POST", headers: { "Content-Type": JSON_TYPE }, body: JSON.stringify(values) };
  const response = await fetch(addressOf(path), options);
  if (response.status === 401 || response.redirected) throw new SessionOver();
  return response;
}

async function askForPage(path) {
  const response = await ask(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// --- telling the person ---------------------------------------------------------------------------------------------

function announce(text) {
  document.getElementById("announcements").textContent = text;
}

function tell(text, isError = false) {
  announce(text);
  globalThis.shopify?.toast?.show(text, { isError });
}

function tellFailure(error) {
  const { savingFailed, sessionOver } = document.body.dataset;
  tell(error instanceof SessionOver ? sessionOver : savingFailed, true);
}

// --- putting new content in place -----------------------------------------------------------------------------------

function replace(old, fresh) {
  if (!old || !fresh) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(document.importNode(fresh, true));
  if (focused) document.getElementById(focused)?.focus();
}

function sectionOf(root, key) {
  return root.querySelector(`[data-section="${CSS.escape(key)}"]`);
}

function replaceFigures(section, page) {
  const old = section.querySelector("[data-figures]");
  const fresh = sectionOf(page, section.dataset.section)?.querySelector("[data-figures]");
  const isOver = old?.hasAttribute("data-live") && fresh && !fresh.hasAttribute("data-live");
  replace(old, fresh);
  if (isOver) announce(fresh.dataset.status);
}

/** Fetch the page again: all figures, and the whole section of `saved`, a form whose values are stored now, unless that
 * would lose what was typed beside it. */
async function refreshPage(saved) {
  const page = await askForPage(location.pathname);
  replace(document.querySelector("[data-needs]"), page.querySelector("[data-needs]"));
  for (const section of document.querySelectorAll("[data-section]")) {
    if (saved && section.contains(saved) && !hasUnsaved(section, saved)) replaceSection(section, saved, page);
    else replaceFigures(section, page);
  }
}

/** Whether something was typed into another form of the section than `saved`. */
function hasUnsaved(section, saved) {
  const fields = [...section.querySelectorAll("form[data-save-bar] [name]")];
  return fields.some((field) => !saved.contains(field) && valueOf(field) !== storedValueOf(field));
}

function replaceSection(section, saved, page) {
  // the admin's save bar takes the form for unsaved until it is reset
  saved.reset();
  replace(section, sectionOf(page, section.dataset.section));
}

// --- figures that change by themselves ------------------------------------------------------------------------------

async function refreshLive() {
  for (const figures of document.querySelectorAll("[data-live]")) {
    const section = figures.closest("[data-section]");
    const page = await askForPage(`/sections/${section.dataset.section}`);
    if (section.isConnected) replaceFigures(section, page);
    if (!section.querySelector("[data-live]")) await refreshPage();
  }
}

async function keepRefreshing(pause = REFRESH_MS) {
  await new Promise((resolve) => setTimeout(resolve, pause));
  let next = REFRESH_MS;
  if (!document.hidden) {
    try {
      await refreshLive();
    } catch {
      next = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  void keepRefreshing(next);
}

// --- forms ----------------------------------------------------------------------------------------------------------

function valueOf(field) {
  return field.matches(SWITCHES) ? Boolean(field.checked) : (field.value ?? "");
}

function storedValueOf(field) {
  return field.matches(SWITCHES) ? field.hasAttribute("checked") : (field.getAttribute("value") ?? "");
}

function valuesOf(form) {
  return Object.fromEntries([...form.querySelectorAll(FIELDS)].map((field) => [field.getAttribute("name"), valueOf(field)]));
}

function showErrors(form, errors) {
  const fields = [...form.querySelectorAll(FIELDS)];
  for (const field of fields) {
    const error = errors[field.getAttribute("name")];
    if (error) field.setAttribute("error", error);
    else field.removeAttribute("error");
  }
  fields.find((field) => field.hasAttribute("error"))?.focus();
}

async function save(form) {
  const sent = valuesOf(form);
  const response = await ask(form.getAttribute("action"), sent);
  if (response.status === 422) {
    const { errors } = await response.json();
    showErrors(form, errors);
    tell(Object.values(errors)[0] ?? document.body.dataset.checkFields, true);
    return;
  }
  if (!response.ok) throw new Error(`${form.action}: ${response.status}`);
  showErrors(form, {});
  const { message } = await response.json();
  tell(message);
  // what was typed while the answer was on its way stays
  const isAsSent = JSON.stringify(valuesOf(form)) === JSON.stringify(sent);
  await refreshPage(isAsSent ? form : undefined);
}

/** Do `work` once, however often `button` is pressed meanwhile, and tell when it fails. */
async function whileLoading(button, work) {
  if (button?.hasAttribute("loading")) return;
  button?.setAttribute("loading", "");
  try {
    await work();
  } catch (error) {
    tellFailure(error);
  } finally {
    button?.removeAttribute("loading");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-fetch]")) return;
  event.preventDefault();
  const form = event.target;
  void whileLoading(form.querySelector("s-button[type=submit]"), () => save(form));
});

// --- files ----------------------------------------------------------------------------------------------------------

function nameOf(response) {
  return /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
}

/** A link has no ID token: a fetch gets the file, and the browser saves what it got. */
async function download(button) {
  const response = await ask(button.dataset.download);
  if (!response.ok) throw new Error(`${button.dataset.download}: ${response.status}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = nameOf(response);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), FILE_MS);
  tell(button.dataset.downloaded);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-download]");
  if (button) void whileLoading(button, () => download(button));
});

// --- the clipboard, and scopes that the merchant may grant ------------------------------------------------------------

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  tell(button.dataset.copied);
}

/** The admin asks the merchant; Shopify tells the service by itself what came of it. */
async function requestScope(button) {
  const { requestScope: scope, granted, declined } = button.dataset;
  const { result } = await globalThis.shopify.scopes.request([scope]);
  tell(result === "granted-all" ? granted : declined);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-request-scope]");
  if (button) void whileLoading(button, () => (button.matches("[data-copy]") ? copy(button) : requestScope(button)));
});

// --- previews -------------------------------------------------------------------------------------------------------

let previewTimer = 0;
let previewNumber = 0;

/** The form, and beside it fields that only choose what the preview shows: they are not saved. */
async function showPreview(form) {
  previewNumber += 1;
  const mine = previewNumber;
  const target = form.parentElement.querySelector("[data-preview-target]");
  const response = await ask(form.dataset.preview, valuesOf(form.parentElement));
  // what can't be shown has no content (half a colour is none): the last good preview stays
  if (response.status !== 200) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine === previewNumber) target.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
}

function previewSoon(event) {
  const form = event.target.closest?.("[data-previewed]")?.querySelector("form[data-preview]");
  if (!form) return;
  clearTimeout(previewTimer);
  previewTimer = setTimeout(() => form.isConnected && showPreview(form).catch(() => {}), PREVIEW_MS);
}

function resetSoon(event) {
  if (!event.target.matches("form[data-fetch]")) return;
  showErrors(event.target, {});
  previewSoon(event);
}

// capturing: not every field lets its events bubble
document.addEventListener("input", previewSoon, true);
document.addEventListener("change", previewSoon, true);
document.addEventListener("reset", resetSoon, true);

// --- moving about ---------------------------------------------------------------------------------------------------

let visiting = "";
let shownPath = location.pathname;

/** What the admin put into the address (host, shop, locale) stays; a token that is over in a minute does not, and what
 * was chosen on a page only there. */
function withOpenQuery(path, { isSamePage = false } = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (OVER.has(name) || (CHOICES.has(name) && !isSamePage)) continue;
    url.searchParams.set(name, value);
  }
  return `${url.pathname}${url.search}`;
}

/** Resolves to false when the person stays to save what they changed. */
async function mayLeave() {
  try {
    await globalThis.shopify?.saveBar?.leaveConfirmation?.();
    return true;
  } catch {
    return false;
  }
}

async function visit(path, { isNew = true } = {}) {
  if (visiting === path) return;
  if (!(await mayLeave())) {
    if (!isNew) history.pushState(null, "", withOpenQuery(shownPath));
    return;
  }
  visiting = path;
  try {
    const page = await askForPage(path);
    const main = document.importNode(page.querySelector("main"), true);
    document.querySelector("main").replaceWith(main);
    document.title = main.dataset.title;
    shownPath = path;
    if (isNew) history.pushState(null, "", withOpenQuery(path));
    announce(main.dataset.title);
    main.focus();
  } catch {
    location.assign(withOpenQuery(path));
  } finally {
    visiting = "";
  }
}

function ownPathOf(link) {
  const href = link?.getAttribute("href") ?? "";
  return href.startsWith("/") && !href.startsWith("//") ? href : "";
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("s-link[href], a[href]:not([data-reload])");
  const path = ownPathOf(link);
  if (!path || link.getAttribute("target") === "_blank") return;
  event.preventDefault();
  void visit(path);
});

// the admin's own navigation asks through this event
document.addEventListener("shopify:navigate", (event) => {
  const path = ownPathOf(event.target);
  if (!path) return;
  event.preventDefault();
  void visit(path);
});

window.addEventListener("popstate", () => void visit(location.pathname, { isNew: false }));

history.replaceState(null, "", withOpenQuery(location.pathname, { isSamePage: true }));
void keepRefreshing();
