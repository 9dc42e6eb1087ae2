import type { Encoded } from './format.ts'
import { idLengthMax } from './limits.ts'
import { MessageError } from './message-error.ts'

/** Identifies a request until its response is sent. A notification, which has no response, gets a unique symbol. */
export type CallId = number | string | symbol

/** A parsed JSON-RPC request or notification. */
export interface Call {
  id: CallId
  method: string
  /** Not validated; undefined when absent. */
  params: unknown
  /** The message itself. */
  message: Encoded
}

/** An invalid JSON-RPC request, with the id to respond to where one is known. */
export class CallError extends MessageError {
  readonly id: CallId | null

  constructor(message: string, id: CallId | null = null) {
    super(-32600, message)
    this.id = id
  }
}

/**
 * Parses a decoded message as a request or notification (JSON-RPC 2.0 §4).
 * @throws CallError
 */
export function readCall(message: unknown, encoded: Encoded): Call {
  if (Array.isArray(message)) throw new CallError('Batches are not supported: send one request a message.')
  if (typeof message !== 'object' || message === null)
    throw new CallError('Invalid message: expected a JSON-RPC 2.0 object.')
  const { jsonrpc, id, method, params } = message as Readonly<Record<string, unknown>>
  if (id !== undefined && !isId(id))
    throw new CallError(`The member "id" must be an integer or a string of at most ${idLengthMax} characters.`)
  if (jsonrpc !== '2.0') throw new CallError('The member "jsonrpc" must be "2.0".', id)
  if (typeof method !== 'string') throw new CallError('The member "method" must be a string.', id)
  return { id: id ?? Symbol(method), method, params, message: encoded }
}

function isId(value: unknown): value is number | string {
  return typeof value === 'string' ? value.length <= idLengthMax : Number.isSafeInteger(value)
}
