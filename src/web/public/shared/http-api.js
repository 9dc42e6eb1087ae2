import { ApiError } from './action-area.js'

/**
 * Requests the API over HTTP.
 * @param {string} method @param {string} path @param {Record<string, string>} [headers] @param {object} [body]
 * @returns {Promise<any>} @throws ApiError
 */
export async function call(method, path, headers, body) {
  const type = body ? { 'Content-Type': 'application/json' } : {}
  const signal = AbortSignal.timeout(10_000)
  const init = { method, signal, headers: { Accept: 'application/json', ...type, ...headers } }
  try {
    const response = await fetch(path, body ? { ...init, body: JSON.stringify(body) } : init)
    const text = await response.text()
    if (!response.ok) throw errorOf(text, response.status)
    return text ? JSON.parse(text) : {}
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError("Can't reach the server.", 0)
  }
}

/** @param {string} text @param {number} status */
function errorOf(text, status) {
  try {
    const { error, details = [] } = /** @type {{ error: string, details?: import('./action-area.js').Detail[] }} */ (
      JSON.parse(text)
    )
    return new ApiError(error, status, { details })
  } catch {
    // A proxy may respond with a page of its own.
    return new ApiError('The server could not do that.', status)
  }
}
