import type { Product } from './answer'

const PICTURE_SIZE = '480'

/** What stands around a price in the page's language: "from [price]" and "Sold out". */
export interface CardTexts {
  fromPrice: string
  soldOut: string
}

/** A product as a list item: the markup of snippets/card.liquid, so that the theme's styles hold for both. */
export function buildCard(product: Product, texts: CardTexts, reason: string): HTMLLIElement {
  const card = element('li', 'danke__card')
  const link = element('a', 'danke__link')
  link.href = product.url
  const picture = element('span', 'danke__picture')
  if (product.image) picture.append(buildImage(product, product.image))
  const lowest = product.varies ? texts.fromPrice.replace('[price]', () => product.price) : product.price
  const price = product.soldOut ? `${lowest} · ${texts.soldOut}` : lowest
  link.append(
    picture,
    textElement('danke__title', product.title),
    textElement('danke__price', price),
    textElement('danke__reason', reason),
  )
  card.append(link)
  return card
}

function buildImage(product: Product, address: string): HTMLImageElement {
  const image = element('img', 'danke__image')
  // Set before src: an attribute that comes after it no longer delays the download.
  image.loading = 'lazy'
  image.decoding = 'async'
  image.setAttribute('width', PICTURE_SIZE)
  image.setAttribute('height', PICTURE_SIZE)
  // The title stands right below; saying it twice helps nobody.
  image.alt = product.alt === product.title ? '' : product.alt
  image.src = address
  return image
}

function textElement(className: string, text: string): HTMLSpanElement {
  const span = element('span', className)
  span.textContent = text
  return span
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name)
  created.className = className
  return created
}
