import { wordReason } from '../../../../frontend_widgets/src/reasons'
import type { Product } from './answers'
import type { Host } from './host'

/** A few products below the answer, each with why it stands there. */
export function SuggestionsView({ host, products }: { host: Host; products: Product[] }) {
  if (products.length === 0) return null
  const wording = {
    sentence: (name: string) => host.i18n.translate(`reason.${name}`),
    locale: host.localization.extensionLanguage.value.isoCode,
  }
  return (
    <s-section heading={host.i18n.translate('suggestions')}>
      <s-unordered-list>
        {products.map((product) => (
          <s-list-item key={product.path}>
            <s-link href={host.shopUrl + product.path}>{product.title}</s-link>
            {product.reason && (
              <>
                {' '}
                <s-text color="subdued" type="small">
                  {wordReason(product.reason, wording)}
                </s-text>
              </>
            )}
          </s-list-item>
        ))}
      </s-unordered-list>
    </s-section>
  )
}
