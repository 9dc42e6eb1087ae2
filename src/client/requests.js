/** JSON-RPC requests over one connection after another, matched to their responses by id. */

/** @typedef {{ result?: any, error?: { code: number, message: string, data?: any } }} Response */

/** An error response: `code` is an HTTP status or one of JSON-RPC's codes; 0 when no response came. */
export class RequestError extends Error {
  /** @param {number} code @param {string} message @param {any} [data] */
  constructor(code, message, data) {
    super(message)
    this.code = code
    this.data = data
  }
}

export class Requests {
  #write
  #pending = /** @type {Map<number, (response: Response) => void>} */ (new Map())
  #newestId = 0
  /** True if there is a connection that has been greeted. */
  isOpen = false

  /** @param {(text: string) => void} write */
  constructor(write) {
    this.#write = write
  }

  /**
   * Sends a request and passes its response on in the same turn, before any message that came after it.
   * @param {string} method @param {object | undefined} params @param {(response: Response) => void} onResponse
   */
  send(method, params, onResponse = () => {}) {
    const id = ++this.#newestId
    this.#pending.set(id, onResponse)
    this.#write(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  }

  /** Sends a message that has no response. @param {string} method @param {object} params */
  notify(method, params) {
    this.#write(JSON.stringify({ jsonrpc: '2.0', method, params }))
  }

  /** @param {number} id @param {Response} response */
  receive(id, response) {
    const onResponse = this.#pending.get(id)
    this.#pending.delete(id)
    onResponse?.(response)
  }

  failAll() {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const onResponse of pending) onResponse({ error: { code: 0, message: 'The connection is lost.' } })
  }
}
