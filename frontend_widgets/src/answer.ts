import { safeLink, safePicture } from './address'
import { decodeEntities } from './entities'
import { type Reason, readReason } from './reasons'
import { isRecord } from './records'

/** One product as the service names it. `price` is text in the shop's own money format. */
export interface Product {
  title: string
  url: string
  image: string | null
  alt: string
  price: string
  /** True where variants differ in price, so that `price` is the lowest one. */
  varies: boolean
  /** True where it can't be bought now; only shops that show such products have them in an answer. */
  soldOut: boolean
  reason: Reason | null
}

export interface Answer {
  kind: 'personal' | 'popular' | 'cart'
  products: Product[]
}

const LONGEST_TEXT = 500
const LONGEST_PRICE = 80
const MOST_PRODUCTS = 50

/**
 * Reads an answer of the service: {"kind": "personal"|"popular"|"cart"|"none", "products": [...], "reasons": [...]}, at
 * most `count` products. A product's "place" is that of its reason; without a reason that is known here it has none.
 * Null for anything else, for an answer without products and for one with a single product that is not sound: a list
 * that is partly wrong is not shown in part.
 */
export function readAnswer(text: string, count: number): Answer | null {
  const value = parse(text)
  if (!isRecord(value)) return null
  const { kind, products } = value
  if (kind !== 'personal' && kind !== 'popular' && kind !== 'cart') return null
  if (!Array.isArray(products) || products.length === 0 || products.length > MOST_PRODUCTS) return null
  const reasons = Array.isArray(value['reasons']) ? value['reasons'] : []
  const read = products.map((product) => readProduct(product, reasons))
  if (!read.every((product) => product !== null)) return null
  return { kind, products: read.slice(0, count) }
}

function readProduct(value: unknown, reasons: unknown[]): Product | null {
  if (!isRecord(value)) return null
  const title = readText(value['title'], LONGEST_TEXT)
  const price = readText(value['price'], LONGEST_PRICE)
  const url = safeLink(value['url'])
  const image = value['image'] === null ? null : safePicture(value['image'])
  const alt = value['alt'] ?? ''
  if (!title || !price || !url || (image === null && value['image'] !== null)) return null
  if (typeof alt !== 'string' || alt.length > LONGEST_TEXT) return null
  const soldOut = value['available'] === false
  const reason = readReason(reasons[Number(value['place'])])
  return { title, url, image, alt, price: decodeEntities(price), varies: value['varies'] === true, soldOut, reason }
}

function readText(value: unknown, longest: number): string | null {
  if (typeof value !== 'string' || value.length > longest) return null
  return value.trim() || null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
