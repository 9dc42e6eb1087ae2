import { Refusal } from './area.js'
import { Failure } from './live.js'

/** @typedef {import('./live.js').Live} Live */

/**
 * Asks the API over the session.
 * @param {Live} live @param {string} method @param {string} path @param {Record<string, string>} [headers] @param {object} [body]
 * @returns {Promise<any>} @throws Refusal
 */
export async function ask(live, method, path, headers = {}, body) {
  try {
    const answer = await live.request(`${method} ${path}`, body ? { headers, body } : { headers })
    return answer.body ?? {}
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 0) throw new Refusal('There is no connection to the server.', 0)
    throw new Refusal(error.message, error.code, { details: error.data?.details ?? [] })
  }
}

/** Runs now if there is a connection, and whenever there is one again. @param {Live} live @param {() => void} run @param {AbortSignal} [signal] */
export function onLive(live, run, signal) {
  live.addEventListener('status', () => live.isLive && run(), signal ? { signal } : {})
  if (live.isLive) run()
}

/** What only the lack of a connection stops needs no other sign. @param {Promise<void>} action */
export function unlessLost(action) {
  return action.catch((error) => {
    if (!(error instanceof Refusal && error.status === 0)) throw error
  })
}
