/**
 * Fetches text of this origin, at most `mostBytes` long. Throws on anything but success, on a redirect (a password
 * page, a login) and as soon as the body grows longer; the rest is then not downloaded.
 */
export async function fetchText(url: string, mostBytes: number, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { credentials: 'same-origin', redirect: 'error', signal })
  const reader = response.body?.getReader()
  if (!response.ok || !reader) {
    await reader?.cancel()
    throw new Error(`${response.status}`)
  }
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > mostBytes) {
      await reader.cancel()
      throw new Error('too long')
    }
    text += decoder.decode(value, { stream: true })
  }
}
