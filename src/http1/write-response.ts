import type { ConnectionOptions } from './connection-options.ts'
import type { RequestHead } from './request-head.ts'
import { type Framed, isBodiless, responseHead } from './response-head.ts'
import type { SendBuffer } from './send-buffer.ts'
import type { SerializedResponse } from './serialized-response.ts'
import { StreamSender } from './stream-sender.ts'
import type { Transport } from './transport.ts'

/** Larger bodies are sent in parts, so that progress shows while a slow client takes them. */
const wholeBytesMax = 256 * 1024
const encoder = new TextEncoder()

export interface ResponseFrame {
  framed: Framed
  /** True if another request may follow on the connection. */
  isKept: boolean
  /** The line of `Date` and the end of the head. */
  date: string
}

/** Writes a response. Returns the sender of a body that is still to be sent; null when all of it is written. */
export function writeResponse(
  { method, minorVersion }: RequestHead,
  { status, statusText, fields, body }: SerializedResponse,
  { framed, isKept, date }: ResponseFrame,
  { transport, sendBuffer }: { transport: Transport; sendBuffer: SendBuffer },
): StreamSender | null {
  const connection = isKept ? (minorVersion === 0 ? 'keep-alive' : '') : 'close'
  sendBuffer.add(responseHead(status, statusText, fields, { framed, connection, date }))
  if (body === null || method === 'HEAD' || isBodiless(status)) {
    if (body instanceof ReadableStream) body.cancel().catch(() => {})
    return null
  }
  if (typeof body === 'string' && framed === body.length && body.length <= wholeBytesMax) {
    sendBuffer.addBody(body)
    return null
  }
  const bytes = typeof body === 'string' ? encoder.encode(body) : body
  if (bytes instanceof Uint8Array && bytes.byteLength <= wholeBytesMax) {
    sendBuffer.send(bytes)
    return null
  }
  return new StreamSender({
    transport,
    body: bytes,
    framed: framed as Exclude<Framed, 'none'>,
    takeHead: () => sendBuffer.take(),
  })
}

/** Writes the response to an error, the last one of its connection. */
export function writeErrorResponse(
  { status, statusText, fields, body }: SerializedResponse,
  { clock: { date } }: Pick<ConnectionOptions, 'clock'>,
  sendBuffer: SendBuffer,
): void {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body instanceof Uint8Array ? body : new Uint8Array()
  sendBuffer.add(responseHead(status, statusText, fields, { framed: bytes.byteLength, connection: 'close', date }))
  sendBuffer.send(bytes)
}

/** Cancels the body of a response that is not sent. */
export function discard(response: unknown): void {
  if (!(response instanceof Response)) return
  const { body } = response
  if (body !== null && !body.locked) body.cancel().catch(() => {})
}
