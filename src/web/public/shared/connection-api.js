import { RequestError } from '/client/requests.js'
import { ApiError } from './action-area.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */

/**
 * Requests the API over the page's connection.
 * @param {MessageClient} client @param {string} method @param {string} path @param {Record<string, string>} [headers] @param {object} [body]
 * @returns {Promise<any>} @throws ApiError
 */
export async function request(client, method, path, headers = {}, body) {
  try {
    const response = await client.request(`${method} ${path}`, body ? { headers, body } : { headers })
    return response.body ?? {}
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    if (error.code === 0) throw new ApiError('There is no connection to the server.', 0)
    throw new ApiError(error.message, error.code, { details: error.data?.details ?? [] })
  }
}

/** Runs now if there is a connection, and on each new connection. @param {MessageClient} client @param {() => void} run @param {AbortSignal} [signal] */
export function onConnected(client, run, signal) {
  client.addEventListener('status', () => client.isConnected && run(), signal ? { signal } : {})
  if (client.isConnected) run()
}

/** Ignores a lost connection, which the connection status shows already. @param {Promise<void>} action */
export function ignoreDisconnect(action) {
  return action.catch((error) => {
    if (!(error instanceof ApiError && error.status === 0)) throw error
  })
}
