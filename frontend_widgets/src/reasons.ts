import { isRecord } from './records'

/** Why a product is suggested, as counted by the service. Days are ISO dates (UTC). */
export type Reason =
  | { kind: 'again'; times: number; last: string }
  | { kind: 'due'; times: number; last: string; days: number }
  | { kind: 'beside'; title: string; both: number; orders: number }
  | { kind: 'because'; title: string }
  | { kind: 'popular'; orders: number; days: number }
  | { kind: 'chosen' }

/** The sentences of the page's language by name, with places such as [title], and how it writes numbers and days. */
export interface Wording {
  sentence: (name: string) => string | null
  locale: string
}

const FIELDS: Record<string, Record<string, 'count' | 'day' | 'text'>> = {
  again: { times: 'count', last: 'day' },
  due: { times: 'count', last: 'day', days: 'count' },
  beside: { title: 'text', both: 'count', orders: 'count' },
  because: { title: 'text' },
  popular: { orders: 'count', days: 'count' },
  chosen: {},
}
const CHECKS = {
  count: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0,
  day: (value: unknown) => typeof value === 'string' && readDay(value) !== null,
  text: (value: unknown) => typeof value === 'string' && value.trim() !== '' && value.length <= 500,
}
const LONGEST_TITLE = 32

/** The reason, or null for what is none or of a kind that is not known here: better none than half of one. */
export function readReason(value: unknown): Reason | null {
  if (!isRecord(value)) return null
  const fields = FIELDS[String(value['kind'])]
  if (!fields || !Object.entries(fields).every(([name, check]) => CHECKS[check](value[name]))) return null
  return value as Reason
}

/** The page's locale where it is the sentences' language and names a region, which decides how days look. */
export function chooseLocale(page: string, language: string): string {
  const [spoken, region] = page.split('-')
  if (!region || spoken?.toLowerCase() !== language.split('-')[0]) return language
  try {
    return Intl.getCanonicalLocales(page)[0] ?? language
  } catch {
    return language
  }
}

/** The reason as a sentence, empty where the page has none for it. */
export function wordReason(reason: Reason, { sentence, locale }: Wording, today = new Date()): string {
  const number = new Intl.NumberFormat(locale)
  const fill = (name: string, values: Record<string, string | number>): string =>
    (sentence(name) ?? '').replace(/\[(\w+)\]/g, (whole, place) => {
      const value = values[place]
      return typeof value === 'number' ? number.format(value) : (value ?? whole)
    })
  switch (reason.kind) {
    case 'due':
      if (reason.days > 1) return fill('due', { time: wordSpan(reason.days, locale) })
    // falls through: what is bought every day is simply bought again
    case 'again': {
      const date = wordDay(reason.last, locale, today)
      return reason.times > 1 ? fill('again', { times: reason.times, date }) : fill('once', { date })
    }
    case 'beside':
      return fill('beside', { ...reason, title: shorten(reason.title) })
    case 'because':
      return fill('because', { title: shorten(reason.title) })
    case 'popular':
      return fill('popular', { orders: reason.orders, days: reason.days })
    case 'chosen':
      return fill('chosen', {})
  }
}

/** Days up to two weeks, then weeks, from nine weeks on months: always at least two of them. */
function wordSpan(days: number, locale: string): string {
  const [unit, length] = days < 14 ? (['day', 1] as const) : days < 63 ? (['week', 7] as const) : (['month', 30.44] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.round(days / length))
}

/** "3 May"; with its year unless that is the current one. */
function wordDay(text: string, locale: string, today: Date): string {
  const day = readDay(text) ?? today
  const year = day.getUTCFullYear() === today.getUTCFullYear() ? {} : ({ year: 'numeric' } as const)
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone: 'UTC', ...year }).format(day)
}

function readDay(text: string): Date | null {
  const day = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : Number.NaN)
  return Number.isNaN(day.getTime()) ? null : day
}

/** A long title ends at a word, so that what follows it in the sentence is still seen. */
function shorten(title: string): string {
  const letters = [...title.trim()]
  if (letters.length <= LONGEST_TITLE) return title.trim()
  const cut = letters.slice(0, LONGEST_TITLE).join('')
  return `${cut.replace(/\s+\S*$/, '') || cut}…`
}
