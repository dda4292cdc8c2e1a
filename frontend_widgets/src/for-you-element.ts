import { proxyAddress } from './address'
import { type Answer, readAnswer } from './answer'
import { fetchText } from './bounded-fetch'
import { buildCard } from './card'

const NEAR = '300px 0px'
const TIME_LIMIT = 1500
const MOST_BYTES = 65_536
const MOST_PRODUCTS = 12

/** What ended up in the list: the customer's products, newer popular ones, or what the theme had drawn. */
export interface ForYouDetail {
  shown: 'personal' | 'popular' | 'fallback'
  count: number
}

/**
 * Wraps a row of popular products that the theme has drawn, and exchanges them for the customer's own once, when the
 * row comes near the viewport. Whatever goes wrong, the row stays as it is.
 *
 * Attributes: proxy-path, root-path (Shopify's routes.root_url), count (of products, 1 to 12), from-price
 * ("from [price]"). A `<meta name="danke-proxy-path">` of the app embed overrides proxy-path.
 * Fires `danke:for-you` (bubbles, ForYouDetail) once it is settled what is shown.
 */
export class DankeForYouElement extends HTMLElement {
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

  get address(): string | null {
    const override = document.querySelector<HTMLMetaElement>('meta[name="danke-proxy-path"]')?.content
    const proxy = proxyAddress(override || this.getAttribute('proxy-path'), this.getAttribute('root-path'))
    return proxy && `${proxy}/for-you?limit=${this.count}`
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
    const shown = answer && list && !this.#isBeingRead() ? answer.kind : 'fallback'
    if (answer && list && shown !== 'fallback') {
      const fromPrice = this.getAttribute('from-price') ?? '[price]'
      list.replaceChildren(...answer.products.map((product) => buildCard(product, fromPrice)))
      if (shown === 'personal') this.#exchangeHeadings()
    }
    this.#settled = true
    this.#release()
    const detail: ForYouDetail = { shown, count: list?.childElementCount ?? 0 }
    this.dispatchEvent(new CustomEvent('danke:for-you', { bubbles: true, detail }))
  }

  #exchangeHeadings(): void {
    for (const words of this.querySelectorAll('.danke__words')) words.classList.toggle('danke__words--waiting')
  }

  /** Late content must not replace what somebody points at, has focused or has swiped to. */
  #isBeingRead(): boolean {
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
