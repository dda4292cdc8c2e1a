import { isRecord } from '../../../../frontend_widgets/src/records'
import { type Reason, readReason } from '../../../../frontend_widgets/src/reasons'

/** How an order stands, for its mark: it is here, on its way, in preparation, or something is wrong. */
export type Tone = 'here' | 'way' | 'wait' | 'care'

export interface Step {
  label: string
  when: 'past' | 'now' | 'ahead'
  time: string
}

/** A parcel. What only the buyer may know is empty for others. */
export interface Parcel {
  heading: string
  steps: Step[]
  state: string
  carrier: string
  number: string
  url: string
  items: { title: string; quantity: number }[]
}

/** An order in the service's own sentences. What only the buyer may know is empty for others. */
export interface OrderAnswer {
  id: string
  tone: Tone
  answer: string
  date: string
  missed: string
  order: string
  known: string
  pieces: string
  next: string
  parcels: Parcel[]
  showsProducts: boolean
  path: string
}

export interface Product {
  title: string
  path: string
  reason: Reason | null
}

const TONES: readonly unknown[] = ['here', 'way', 'wait', 'care']
const WHENS: readonly unknown[] = ['past', 'now', 'ahead']

/** The order, or null for anything else: better nothing than half of it. */
export function readOrder(value: unknown): OrderAnswer | null {
  if (!isRecord(value) || !TONES.includes(value['tone']) || !textOf(value['answer'])) return null
  return {
    id: textOf(value['id']),
    tone: value['tone'] as Tone,
    answer: textOf(value['answer']),
    date: textOf(value['date']),
    missed: textOf(value['missed']),
    order: textOf(value['order']),
    known: textOf(value['known']),
    pieces: textOf(value['pieces']),
    next: textOf(value['next']),
    parcels: listOf(value['parcels'], readParcel),
    showsProducts: value['shows_products'] === true,
    path: pathOf(value['path']),
  }
}

/** The orders that can be read; null where there is no list. */
export function readOrders(value: unknown): OrderAnswer[] | null {
  return isRecord(value) && Array.isArray(value['orders']) ? listOf(value['orders'], readOrder) : null
}

/** The products that can be read; null where there is no list. */
export function readProducts(value: unknown): Product[] | null {
  if (!isRecord(value) || !Array.isArray(value['products'])) return null
  return listOf(value['products'], (one) => {
    if (!isRecord(one) || !textOf(one['title']) || !pathOf(one['path'])) return null
    return { title: textOf(one['title']), path: pathOf(one['path']), reason: readReason(one['reason']) }
  })
}

function readParcel(value: unknown): Parcel | null {
  if (!isRecord(value)) return null
  return {
    heading: textOf(value['heading']),
    steps: listOf(value['steps'], readStep),
    state: textOf(value['state']),
    carrier: textOf(value['carrier']),
    number: textOf(value['number']),
    url: textOf(value['url']).startsWith('https://') ? textOf(value['url']) : '',
    items: listOf(value['items'], (item) =>
      isRecord(item) && textOf(item['title']) && Number.isInteger(item['quantity'])
        ? { title: textOf(item['title']), quantity: item['quantity'] as number }
        : null,
    ),
  }
}

function readStep(value: unknown): Step | null {
  if (!isRecord(value) || !textOf(value['label']) || !WHENS.includes(value['when'])) return null
  return { label: textOf(value['label']), when: value['when'] as Step['when'], time: textOf(value['time']) }
}

function listOf<Entry>(value: unknown, read: (one: unknown) => Entry | null): Entry[] {
  return Array.isArray(value) ? value.map(read).filter((one): one is Entry => one !== null) : []
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A path within the shop, never an address of somebody else. */
const pathOf = (value: unknown): string => (/^\/(?![/\\])/.test(textOf(value)) ? textOf(value) : '')
