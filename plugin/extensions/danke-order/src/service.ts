import { type OrderAnswer, type Product, readOrder, readOrders, readProducts } from './answers'
import { type Host, serviceAddress } from './host'

/** What came of a question: an answer, an order that is not known yet, or no answer in time. */
export type Outcome<Answer> = { kind: 'told'; answer: Answer } | { kind: 'unknown' } | { kind: 'failed' }

const LIMIT_MS = 6000

/** Where an order is. */
export const askForOrder = (host: Host, order: string): Promise<Outcome<OrderAnswer>> =>
  ask(host, 'order', { order }, readOrder)

/** Where the logged-in customer's latest orders are. */
export const askForOrders = (host: Host): Promise<Outcome<OrderAnswer[]>> => ask(host, 'orders', {}, readOrders)

/** What might please the visitor, best first. */
export const askForProducts = (host: Host): Promise<Outcome<Product[]>> => ask(host, 'for-you', {}, readProducts)

async function ask<Answer>(
  host: Host,
  door: string,
  parameters: Record<string, string>,
  read: (value: unknown) => Answer | null,
): Promise<Outcome<Answer>> {
  const leaving = new AbortController()
  const limit = setTimeout(() => leaving.abort(), LIMIT_MS)
  try {
    const query = new URLSearchParams({ ...parameters, locale: host.localization.extensionLanguage.value.isoCode })
    const token = await host.sessionToken.get()
    const response = await fetch(`${serviceAddress()}/extension/${door}?${query}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: leaving.signal,
    })
    if (response.status === 404) return { kind: 'unknown' }
    const answer = response.ok ? read(await response.json()) : null
    return answer === null ? { kind: 'failed' } : { kind: 'told', answer }
  } catch {
    return { kind: 'failed' }
  } finally {
    clearTimeout(limit)
  }
}
