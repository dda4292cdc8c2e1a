/**
 * Which addresses may reach an href or a src. An answer passes through the shop's own domain, but what stands in it
 * was typed by people.
 */

// Browsers drop tabs and line breaks from an address and read a backslash as a slash: "/\t/evil" would leave the shop.
const HIDDEN = /[\u0000-\u0020\u007f\\]/

/** A link as given, or null unless it is root-relative or https. */
export function safeLink(address: unknown): string | null {
  if (typeof address !== 'string' || address.length > 2048 || HIDDEN.test(address)) return null
  if (address.startsWith('/')) return address.startsWith('//') ? null : address
  return isHttps(address) ? address : null
}

/** A picture's address, or null unless it is root-relative, https or protocol-relative (Shopify's image_url). */
export function safePicture(address: unknown): string | null {
  if (typeof address === 'string' && /^\/\/[^/]/.test(address)) return safeLink(`https:${address}`)
  return safeLink(address)
}

/**
 * The address of the app proxy in the language and market of the page, or null where it does not look like one.
 * `root` is Shopify's routes.root_url: "/" or, say, "/de".
 */
export function proxyAddress(path: string | null, root: string | null): string | null {
  const proxy = trimEnd(path)
  const prefix = trimEnd(root)
  if (!/^(\/[\w-]{1,60}){1,4}$/.test(proxy) || !/^(\/[\w-]{1,20})?$/.test(prefix)) return null
  return proxy.startsWith(`${prefix}/`) ? proxy : prefix + proxy
}

function trimEnd(path: string | null): string {
  return (path ?? '').trim().replace(/\/$/, '')
}

function isHttps(address: string): boolean {
  try {
    return new URL(address).protocol === 'https:' && /^https:\/\/[^/]/i.test(address)
  } catch {
    return false
  }
}
