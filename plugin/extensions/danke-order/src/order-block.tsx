import { render } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { OrderAnswer, Product } from './answers'
import { type Host, type OrderHost, hostOf, orderIdOf, watchOrder } from './host'
import { FailedView, LoadingView } from './notices'
import { OrderView } from './order-view'
import { type Outcome, askForOrder, askForProducts } from './service'
import { SuggestionsView } from './suggestions-view'

declare const shopify: OrderHost

/** An order just placed is here a few seconds later. */
const RETRIES_MS = [3000, 9000]

/** Draws the block; Shopify calls it once the page is there. */
export default function draw(): void {
  render(<OrderBlock api={shopify} />, document.body)
}

function OrderBlock({ api }: { api: OrderHost }) {
  const [host] = useState(() => hostOf(api))
  const [orderId, setOrderId] = useState(() => orderIdOf(api))
  const [outcome, setOutcome] = useState<Outcome<OrderAnswer> | null>(null)
  const [round, setRound] = useState(0)
  useEffect(() => {
    const look = (): void => setOrderId(orderIdOf(api))
    // it may have come between the first drawing and now
    look()
    return watchOrder(api, look)
  }, [api])
  useEffect(() => (orderId ? keepAsking(host, orderId, setOutcome) : undefined), [host, orderId, round])
  const again = useCallback(() => {
    setOutcome(null)
    setRound((last) => last + 1)
  }, [])
  return (
    <s-section heading={host.i18n.translate('heading')}>
      {outcome === null ? <LoadingView /> : <OutcomeView host={host} outcome={outcome} again={again} />}
    </s-section>
  )
}

function OutcomeView({ host, outcome, again }: { host: Host; outcome: Outcome<OrderAnswer>; again: () => void }) {
  const showsProducts = outcome.kind === 'unknown' || (outcome.kind === 'told' && outcome.answer.showsProducts)
  const products = useProducts(host, showsProducts)
  if (outcome.kind === 'failed') return <FailedView host={host} again={again} />
  return (
    <s-stack direction="block" gap="large">
      {outcome.kind === 'told' ? (
        <OrderView host={host} order={outcome.answer} />
      ) : (
        <s-paragraph>{host.i18n.translate('unknown')}</s-paragraph>
      )}
      {showsProducts && <SuggestionsView host={host} products={products} />}
    </s-stack>
  )
}

function useProducts(host: Host, wanted: boolean): Product[] {
  const [products, setProducts] = useState<Product[]>([])
  useEffect(() => {
    let isLeft = false
    if (wanted) {
      void askForProducts(host).then((outcome) => {
        if (outcome.kind === 'told' && !isLeft) setProducts(outcome.answer)
      })
    }
    return () => {
      isLeft = true
    }
  }, [host, wanted])
  return products
}

/** Asks until the order is known, a few times at most; gives back how to stop. */
function keepAsking(host: Host, orderId: string, tell: (outcome: Outcome<OrderAnswer>) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isLeft = false
  const askOnce = async (tries: number): Promise<void> => {
    const outcome = await askForOrder(host, orderId)
    if (isLeft) return
    tell(outcome)
    const wait = RETRIES_MS[tries]
    if (outcome.kind === 'unknown' && wait !== undefined) timer = setTimeout(() => void askOnce(tries + 1), wait)
  }
  void askOnce(0)
  return () => {
    isLeft = true
    clearTimeout(timer)
  }
}
