/** Where the numbers come from: `GET /metrics`, with the token that somebody typed, for as long as the tab lives. */

const storageKey = 'galley-metrics-token'
const answerTimeoutMs = 5000
/** Nothing else can stand in the header. */
const tokenPattern = /^[!-~]+$/

/** The server wants a token, or another one. */
export class Forbidden extends Error {}

/** @returns {Promise<string>} the text @throws Forbidden, and Error with a message for people */
export async function readMetrics() {
  const token = sessionStorage.getItem(storageKey)
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch('/metrics', { headers, signal: AbortSignal.timeout(answerTimeoutMs) }).catch(() => null)
  if (response?.status === 403) throw new Forbidden(token === null ? '' : 'This is not the token of this server.')
  if (!response) throw new Error("Can't reach the server.")
  if (!response.ok) throw new Error(`The server answers with ${response.status}.`)
  return response.text().catch(() => {
    throw new Error('The server broke off its answer.')
  })
}

/** @param {string} token @returns whether it can be one */
export function keepToken(token) {
  if (!tokenPattern.test(token)) return false
  sessionStorage.setItem(storageKey, token)
  return true
}

export function dropToken() {
  sessionStorage.removeItem(storageKey)
}
