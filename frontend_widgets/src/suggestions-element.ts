import { proxyAddress } from './address'
import { type Answer, readAnswer } from './answer'
import { fetchText } from './bounded-fetch'
import { buildCard } from './card'
import { chooseLocale, wordReason, type Wording } from './reasons'

const NEAR = '300px 0px'
const TIME_LIMIT = 1500
const MOST_BYTES = 65_536
const MOST_PRODUCTS = 12
const RESERVED = '.danke--reserved'

/** What ended up in the list: the service's products, or what the theme had drawn. */
export interface SuggestionsDetail {
  placement: string
  shown: 'personal' | 'cart' | 'popular' | 'fallback'
  count: number
}

/**
 * Wraps a row that the theme has drawn, and exchanges its cards once for those of the service, when the row comes near
 * the viewport. Whatever goes wrong, the row stays as it is; so it does where the service has only what is popular, which
 * the theme has drawn already. A row that merely keeps its place (see snippets/row.liquid) then shows its note, or goes
 * away while nobody can see it.
 *
 * Attributes: placement (for-you, buy-again, discover or cart), products (ids in the cart, joined by commas),
 * sold-out (whether such products are shown), shows-popular (where nothing is drawn yet, what is popular will do),
 * proxy-path, root-path (Shopify's routes.root_url), count (of products, 1
 * to 12), from-price ("from [price]"), sold-out-text, and the sentences of reasons as reason-NAME in `language`. A `<meta name="danke-proxy-path">` of the app embed overrides
 * proxy-path. Fires `danke:suggestions` (bubbles, SuggestionsDetail) once it is settled what is shown.
 */
export class DankeSuggestionsElement extends HTMLElement {
  #observer: IntersectionObserver | null = null
  #request: AbortController | null = null
  #settled = false
  #pointed = false

  connectedCallback(): void {
    if (this.#settled) return
    this.addEventListener('pointermove', this.#notePointer)
    this.addEventListener('pointerdown', this.#notePointer)
    this.addEventListener('pointerleave', this.#notePointer)
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void this.#ask()
      },
      { rootMargin: NEAR },
    )
    this.#observer.observe(this)
  }

  disconnectedCallback(): void {
    this.#release()
    this.#request?.abort()
    this.#request = null
  }

  get count(): number {
    const asked = Math.trunc(Number(this.getAttribute('count')))
    return asked >= 1 && asked <= MOST_PRODUCTS ? asked : 8
  }

  get placement(): string {
    return this.getAttribute('placement') ?? ''
  }

  get address(): string | null {
    const override = document.querySelector<HTMLMetaElement>('meta[name="danke-proxy-path"]')?.content
    const proxy = proxyAddress(override || this.getAttribute('proxy-path'), this.getAttribute('root-path'))
    const question = askFor(this.placement, this.getAttribute('products') ?? '')
    return proxy && question && `${proxy}/${question}&limit=${this.count}${this.hasAttribute('sold-out') ? '&sold_out=1' : ''}`
  }

  get wording(): Wording {
    const locale = chooseLocale(document.documentElement.lang, this.getAttribute('language') || 'en-GB')
    return { locale, sentence: (name) => this.getAttribute(`reason-${name}`) }
  }

  async #ask(): Promise<void> {
    this.#observer?.disconnect()
    const request = new AbortController()
    this.#request = request
    const timer = setTimeout(() => request.abort(), TIME_LIMIT)
    this.setAttribute('aria-busy', 'true')
    const answer = await this.#fetchAnswer(request.signal)
    clearTimeout(timer)
    this.removeAttribute('aria-busy')
    // Taken out of the page in the meantime: a later connection asks anew.
    if (this.#request !== request) return
    this.#settle(answer)
  }

  async #fetchAnswer(signal: AbortSignal): Promise<Answer | null> {
    const { address } = this
    if (!address) return null
    try {
      return readAnswer(await fetchText(address, MOST_BYTES, signal), this.count)
    } catch {
      return null
    }
  }

  #settle(answer: Answer | null): void {
    const list = this.querySelector('ul')
    const isNews = answer !== null && (answer.kind !== 'popular' || this.hasAttribute('shows-popular'))
    const isBetter = isNews && list !== null && !this.#isBeingRead()
    if (isBetter) this.#show(answer, list)
    else this.#giveUpPlace()
    this.#settled = true
    this.#release()
    const detail: SuggestionsDetail = {
      placement: this.placement,
      shown: isBetter ? answer.kind : 'fallback',
      count: list?.querySelectorAll('a').length ?? 0,
    }
    this.dispatchEvent(new CustomEvent('danke:suggestions', { bubbles: true, detail }))
  }

  #show({ products }: Answer, list: HTMLUListElement): void {
    const texts = {
      fromPrice: this.getAttribute('from-price') ?? '[price]',
      soldOut: this.getAttribute('sold-out-text') ?? '',
    }
    const { wording } = this
    const cards = products.map((product) =>
      buildCard(product, texts, product.reason ? wordReason(product.reason, wording) : ''),
    )
    list.replaceChildren(...cards)
    this.#exchangeHeadings()
    this.querySelector(RESERVED)?.classList.remove(RESERVED.slice(1))
  }

  #giveUpPlace(): void {
    const row = this.querySelector<HTMLElement>(RESERVED)
    if (!row) return
    const { top, height } = row.getBoundingClientRect()
    if (top >= innerHeight) {
      this.hidden = true
      return
    }
    row.style.minBlockSize = `${height}px`
    for (const part of row.querySelectorAll<HTMLElement>('.danke__scroller, .danke__note')) part.hidden = !part.hidden
    row.classList.remove(RESERVED.slice(1))
  }

  #exchangeHeadings(): void {
    const headings = this.querySelectorAll('.danke__words')
    if (headings.length < 2) return
    for (const words of headings) words.classList.toggle('danke__words--waiting')
  }

  /** Late content must not replace what somebody points at, has focused or has swiped to. */
  #isBeingRead(): boolean {
    if (this.querySelector(RESERVED)) return false
    const swiped = this.querySelector('.danke__scroller')?.scrollLeft
    return this.#pointed || Boolean(swiped) || this.contains(document.activeElement)
  }

  // A pointer that merely lies where the row was drawn sends moves of no distance; only a hand's moves count.
  #notePointer = (event: PointerEvent): void => {
    if (event.type === 'pointerleave') this.#pointed = false
    else if (event.type === 'pointerdown' || event.movementX || event.movementY) this.#pointed = true
  }

  #release(): void {
    this.#observer?.disconnect()
    this.removeEventListener('pointermove', this.#notePointer)
    this.removeEventListener('pointerdown', this.#notePointer)
    this.removeEventListener('pointerleave', this.#notePointer)
  }
}

function askFor(placement: string, products: string): string | null {
  if (placement === 'cart') return /^\d+(,\d+)*$/.test(products) ? `cart?products=${products}` : null
  return /^(for-you|buy-again|discover)$/.test(placement) ? `for-you?placement=${placement}` : null
}
