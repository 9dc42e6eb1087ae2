import { Refusal } from './area.js'

/**
 * Asks the API over HTTP.
 * @param {string} method @param {string} path @param {Record<string, string>} [headers] @param {object} [body]
 * @returns {Promise<any>} @throws Refusal
 */
export async function call(method, path, headers, body) {
  const type = body ? { 'Content-Type': 'application/json' } : {}
  const signal = AbortSignal.timeout(10_000)
  const init = { method, signal, headers: { Accept: 'application/json', ...type, ...headers } }
  try {
    const response = await fetch(path, body ? { ...init, body: JSON.stringify(body) } : init)
    const text = await response.text()
    if (!response.ok) throw refusal(text, response.status)
    return text ? JSON.parse(text) : {}
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("Can't reach the server.", 0)
  }
}

/** @param {string} text @param {number} status */
function refusal(text, status) {
  try {
    const { error, details = [] } = /** @type {{ error: string, details?: import('./area.js').Detail[] }} */ (
      JSON.parse(text)
    )
    return new Refusal(error, status, { details })
  } catch {
    // A proxy on the way may answer with a page of its own.
    return new Refusal('The server could not do that.', status)
  }
}
