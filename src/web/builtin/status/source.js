/** Reads `GET /metrics`, with the token that the user entered. The token is kept until the tab closes. */

const storageKey = 'galley-metrics-token'
const responseTimeoutMs = 5000
/** The characters that the header may contain. */
const tokenPattern = /^[!-~]+$/

/** The token is missing or wrong. */
export class Forbidden extends Error {}

/** @returns {Promise<string>} the text @throws Forbidden, or Error with a message for the user */
export async function readMetrics() {
  const token = sessionStorage.getItem(storageKey)
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch('/metrics', { headers, signal: AbortSignal.timeout(responseTimeoutMs) }).catch(
    () => null,
  )
  if (response?.status === 403) throw new Forbidden(token === null ? '' : 'This is not the token of this server.')
  if (!response) throw new Error("Can't reach the server.")
  if (!response.ok) throw new Error(`The server responded with ${response.status}.`)
  return response.text().catch(() => {
    throw new Error('The response ended early.')
  })
}

/** @param {string} token @returns false if it is not a valid token */
export function keepToken(token) {
  if (!tokenPattern.test(token)) return false
  sessionStorage.setItem(storageKey, token)
  return true
}

export function dropToken() {
  sessionStorage.removeItem(storageKey)
}
