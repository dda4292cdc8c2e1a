import type { Api as OrderStatus } from '@shopify/ui-extensions/customer-account.order-status.block.render'
import type { Api as Page } from '@shopify/ui-extensions/customer-account.page.render'
import type { Api as ThankYou } from '@shopify/ui-extensions/purchase.thank-you.block.render'

/** What Danke uses of the global object that Shopify gives to an extension. */
export interface Host {
  i18n: { translate: (key: string, replacements?: Record<string, string | number>) => string }
  localization: { extensionLanguage: Signal<{ isoCode: string }> }
  sessionToken: { get: () => Promise<string> }
  /** The shop's address without a slash at its end; empty where Shopify does not tell it. */
  shopUrl: string
}

interface Signal<Value> {
  readonly value: Value
  subscribe: (listener: (value: Value) => void) => () => void
}

/** What the extension's own pages have beside `Host`: the order, known at once or a little later. */
export type OrderHost = ThankYou | OrderStatus

/** What Shopify CLI writes in place of this while it builds: the address of Danke's service. */
declare const process: { env: { APP_URL: string } }

/** The address of Danke's service, without a slash at its end. */
export const serviceAddress = (): string => process.env.APP_URL.replace(/\/+$/, '')

/** Shopify's object for any of the pages. */
export function hostOf(api: OrderHost | Page): Host {
  return {
    i18n: { translate: (key, replacements) => String(api.i18n.translate(key, replacements ?? {})) },
    localization: api.localization,
    sessionToken: api.sessionToken,
    shopUrl: 'shop' in api ? (api.shop.storefrontUrl ?? `https://${api.shop.myshopifyDomain}`).replace(/\/+$/, '') : '',
  }
}

/** The global id of the page's order; empty while Shopify does not know it. */
export function orderIdOf(api: OrderHost): string {
  return 'orderConfirmation' in api ? api.orderConfirmation.value.order.id : (api.order.value?.id ?? '')
}

/** Calls `listener` whenever the page's order changes; gives back how to stop. */
export function watchOrder(api: OrderHost, listener: () => void): () => void {
  return 'orderConfirmation' in api ? api.orderConfirmation.subscribe(listener) : api.order.subscribe(listener)
}
