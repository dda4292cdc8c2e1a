import type { OrderAnswer, Parcel, Step, Tone } from './answers'
import type { Host } from './host'

/** Word, shape and colour together: the sentence stands beside its mark. */
const MARKS = {
  here: ['check-circle', 'success'],
  way: ['delivery', 'info'],
  wait: ['clock', 'neutral'],
  care: ['alert-triangle', 'warning'],
} as const satisfies Record<Tone, readonly [string, string]>

/** One sentence and one date, then what belongs to them, then each parcel with its steps. */
export function OrderView({ host, order }: { host: Host; order: OrderAnswer }) {
  return (
    <s-stack direction="block" gap="base">
      <OrderHead order={order} />
      {order.parcels.map((parcel) => (
        <ParcelView key={parcel.heading} host={host} parcel={parcel} />
      ))}
      {order.path && <s-link href={host.shopUrl + order.path}>{host.i18n.translate('details')}</s-link>}
    </s-stack>
  )
}

/** The sentence, the date, and what makes them understood. */
export function OrderHead({ order }: { order: OrderAnswer }) {
  const [icon, tone] = MARKS[order.tone]
  return (
    <s-stack direction="block" gap="small-200">
      <s-stack direction="inline" gap="small-200" alignItems="center">
        <s-icon type={icon} tone={tone} />
        <s-heading>{order.answer}</s-heading>
      </s-stack>
      {order.date && (
        <s-paragraph>
          <s-text type="strong">{order.date}</s-text>
        </s-paragraph>
      )}
      {order.missed && <s-paragraph>{order.missed}</s-paragraph>}
      {order.pieces && <s-paragraph>{order.pieces}</s-paragraph>}
      {order.next && <s-paragraph>{order.next}</s-paragraph>}
      {order.known && <s-paragraph color="subdued">{order.known}</s-paragraph>}
    </s-stack>
  )
}

function ParcelView({ host, parcel }: { host: Host; parcel: Parcel }) {
  return (
    <s-section heading={parcel.heading}>
      <s-stack direction="block" gap="small-200">
        {parcel.state && <s-paragraph>{parcel.state}</s-paragraph>}
        {parcel.steps.length > 0 && (
          <s-ordered-list>
            {parcel.steps.map((step) => (
              <s-list-item key={step.label + step.time}>
                <StepView step={step} />
              </s-list-item>
            ))}
          </s-ordered-list>
        )}
        {parcel.number && (
          <s-paragraph>
            {parcel.carrier || host.i18n.translate('number')}:{' '}
            {parcel.url ? <s-link href={parcel.url}>{parcel.number}</s-link> : parcel.number}
          </s-paragraph>
        )}
        {parcel.items.length > 0 && (
          <s-unordered-list>
            {parcel.items.map((item) => (
              <s-list-item key={item.title}>{host.i18n.translate('item', { ...item })}</s-list-item>
            ))}
          </s-unordered-list>
        )}
      </s-stack>
    </s-section>
  )
}

function StepView({ step }: { step: Step }) {
  if (step.when === 'ahead') return <s-text color="subdued">{`${step.label} – ${step.time}`}</s-text>
  return (
    <>
      {step.when === 'now' ? <s-text type="strong">{step.label}</s-text> : <s-text>{step.label}</s-text>}{' '}
      <s-text color="subdued">{step.time}</s-text>
    </>
  )
}
