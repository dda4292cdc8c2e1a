import { render } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Api } from '@shopify/ui-extensions/customer-account.page.render'
import type { OrderAnswer } from '../../danke-order/src/answers'
import { type Host, hostOf } from '../../danke-order/src/host'
import { FailedView, LoadingView } from '../../danke-order/src/notices'
import { OrderHead } from '../../danke-order/src/order-view'
import { type Outcome, askForOrders } from '../../danke-order/src/service'

declare const shopify: Api

/** Draws the page; Shopify calls it once the customer account is there. */
export default function draw(): void {
  render(<ParcelsPage host={hostOf(shopify)} />, document.body)
}

function ParcelsPage({ host }: { host: Host }) {
  const [outcome, setOutcome] = useState<Outcome<OrderAnswer[]> | null>(null)
  const [round, setRound] = useState(0)
  useEffect(() => {
    let isLeft = false
    void askForOrders(host).then((found) => {
      if (!isLeft) setOutcome(found)
    })
    return () => {
      isLeft = true
    }
  }, [host, round])
  const again = useCallback(() => {
    setOutcome(null)
    setRound((last) => last + 1)
  }, [])
  return (
    <s-page heading={host.i18n.translate('heading')}>
      {outcome === null && <LoadingView />}
      {outcome !== null && outcome.kind !== 'told' && <FailedView host={host} again={again} />}
      {outcome?.kind === 'told' && <OrdersView host={host} orders={outcome.answer} />}
    </s-page>
  )
}

function OrdersView({ host, orders }: { host: Host; orders: OrderAnswer[] }) {
  if (orders.length === 0) return <s-paragraph>{host.i18n.translate('none')}</s-paragraph>
  return (
    <s-stack direction="block" gap="large">
      {orders.map((order) => (
        <s-section key={order.id} heading={host.i18n.translate('order', { name: order.order })}>
          <OrderHead order={order} />
          <s-link href={`shopify:customer-account/orders/${order.id}`}>{host.i18n.translate('details')}</s-link>
        </s-section>
      ))}
    </s-stack>
  )
}
