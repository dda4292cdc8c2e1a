import type { Host } from './host'

/** While the answer is awaited: as high as most answers, so that nothing jumps. */
export function LoadingView() {
  return (
    <s-stack direction="block" gap="base">
      <s-skeleton-paragraph />
      <s-skeleton-paragraph />
      <s-skeleton-paragraph />
    </s-stack>
  )
}

/** No answer came in time. */
export function FailedView({ host, again }: { host: Host; again: () => void }) {
  return (
    <s-stack direction="block" gap="base">
      <s-paragraph>{host.i18n.translate('failed')}</s-paragraph>
      <s-button variant="secondary" onClick={again}>
        {host.i18n.translate('again')}
      </s-button>
    </s-stack>
  )
}
