import { DankeSuggestionsElement, type SuggestionsDetail } from './suggestions-element'

declare global {
  interface HTMLElementTagNameMap {
    'danke-suggestions': DankeSuggestionsElement
  }
  interface HTMLElementEventMap {
    'danke:suggestions': CustomEvent<SuggestionsDetail>
  }
}

// Every block loads the script for itself.
if (!customElements.get('danke-suggestions')) customElements.define('danke-suggestions', DankeSuggestionsElement)
