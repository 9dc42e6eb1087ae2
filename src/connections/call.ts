import { idLengthMax } from './limits.ts'
import { MessageError } from './message-error.ts'

/** What a request is known by until it is answered. A notification, which is never answered, has a symbol of its own. */
export type CallId = number | string | symbol

/** A message of the client, taken apart. */
export interface Call {
  id: CallId
  method: string
  /** As it came; undefined when it is not there. */
  params: unknown
}

/** A message that is no call, or none that may come now, and the id to answer to, if there is one. */
export class CallError extends MessageError {
  readonly id: CallId | null

  constructor(message: string, id: CallId | null = null) {
    super(-32600, message)
    this.id = id
  }
}

/**
 * Takes a message apart, JSON-RPC 2.0 §4.
 * @throws CallError
 */
export function readCall(message: unknown): Call {
  if (Array.isArray(message)) throw new CallError('Batches are not served here.')
  if (typeof message !== 'object' || message === null) throw new CallError('A message is an object.')
  const { jsonrpc, id, method, params } = message as Readonly<Record<string, unknown>>
  if (id !== undefined && !isId(id))
    throw new CallError(`An id is a whole number, or a text of ${idLengthMax} characters.`)
  if (jsonrpc !== '2.0') throw new CallError('The member "jsonrpc" must be "2.0".', id)
  if (typeof method !== 'string') throw new CallError('The member "method" must be a text.', id)
  return { id: id ?? Symbol(method), method, params }
}

function isId(value: unknown): value is number | string {
  return typeof value === 'string' ? value.length <= idLengthMax : Number.isSafeInteger(value)
}
