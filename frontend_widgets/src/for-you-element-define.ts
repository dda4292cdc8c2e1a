import { DankeForYouElement, type ForYouDetail } from './for-you-element'

declare global {
  interface HTMLElementTagNameMap {
    'danke-for-you': DankeForYouElement
  }
  interface HTMLElementEventMap {
    'danke:for-you': CustomEvent<ForYouDetail>
  }
}

// Two blocks on one page load the script twice.
if (!customElements.get('danke-for-you')) customElements.define('danke-for-you', DankeForYouElement)
