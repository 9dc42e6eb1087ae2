/**
 * The frames that clients send on a WebSocket (RFC 6455 §5): a head of 2 to 14 bytes, then a payload that is masked.
 * A message is one data frame with `fin`, or a data frame without it, continuations, and a continuation with it. Control
 * frames are short and whole, and may stand between the fragments of a message.
 *
 *   opcode              in a message   between messages
 *   0 continuation      continues it   error
 *   1 text, 2 binary    error          begins one
 *   8, 9, 10            close, ping, pong: handled at once
 */
import { FrameCharges } from './frame-charges.ts'
import { type FrameReader, type FrameSink, FramingError } from './frames.ts'
import { messageBytesMax } from './limits.ts'
import { PartialMessage, tooLarge } from './partial-message.ts'

/** Receives the messages and the control frames of a WebSocket. */
export interface WebSocketSink extends FrameSink {
  /** @param payload valid until this returns */
  pinged(payload: Uint8Array): void
  ponged(): void
  /** @param code null when the peer gave none */
  peerClosed(code: number | null): void
}

const continuation = 0
const text = 1
const binary = 2
const close = 8
const ping = 9
const pong = 10

const opcodes: ReadonlySet<number> = new Set([continuation, text, binary, close, ping, pong])

const controlBytesMax = 125
/** Lengths in the second byte that say that the length stands in the next 2 or 8 bytes. */
const mediumLength = 126
const longLength = 127
const mediumBytesMax = 0xffff

const maskBytes = 4
const headBytesMax = 2 + 8 + maskBytes

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class WebSocketReader implements FrameReader {
  readonly #sink: WebSocketSink
  readonly #charges: FrameCharges
  readonly #head = new Uint8Array(headBytesMax)
  readonly #view = new DataView(this.#head.buffer)
  /** Bytes of the frame's head received so far. */
  #headSize = 0
  /** The length of the head, as far as it is known. */
  #headLength = 2
  #length = 0
  /** Bytes of the frame's payload received so far. */
  #payloadSize = 0
  readonly #message = new PartialMessage()
  readonly #control = new PartialMessage()
  /** The opcode of the message whose fragments are arriving; null between messages. */
  #kind: typeof text | typeof binary | null = null
  #isDiscarding = false

  constructor(sink: WebSocketSink) {
    this.#sink = sink
    this.#charges = new FrameCharges(sink)
  }

  get pendingBytes(): number {
    return this.#message.size + this.#control.size + this.#headSize + (this.#kind === null ? 0 : 1)
  }

  push(bytes: Uint8Array): void {
    this.#charges.begin(bytes.byteLength)
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#headSize < this.#headLength) this.#takeHead(bytes[at++] as number)
      else at = this.#takePayload(bytes, at)
      if (this.#headSize === this.#headLength && this.#payloadSize === this.#length) this.#endFrame()
    }
    this.#charges.end()
  }

  discard(): void {
    this.#isDiscarding = true
    this.#message.take()
  }

  get #opcode(): number {
    return (this.#head[0] as number) & 0x0f
  }

  get #isFinal(): boolean {
    return (this.#head[0] as number) >= 0x80
  }

  get #isControl(): boolean {
    return this.#opcode >= close
  }

  #takeHead(byte: number): void {
    this.#head[this.#headSize] = byte
    this.#headSize += 1
    if (this.#headSize === 1) this.#checkKind(byte)
    else if (this.#headSize === 2) this.#setHeadLength(byte)
    if (this.#headSize === this.#headLength) this.#setLength()
  }

  #checkKind(byte: number): void {
    const opcode = byte & 0x0f
    if ((byte & 0x70) !== 0) throw broken('reserved bits are set')
    if (!opcodes.has(opcode)) throw broken(`the opcode ${opcode} is not defined`)
    if (opcode >= close) {
      if (byte < 0x80) throw broken('a control frame must not be fragmented')
    } else if ((opcode === continuation) !== (this.#kind !== null)) {
      throw broken(this.#kind === null ? 'a continuation without a message' : 'a message inside another')
    } else if (opcode !== continuation) this.#kind = opcode as typeof text | typeof binary
  }

  #setHeadLength(byte: number): void {
    const length = byte & 0x7f
    if (byte < 0x80) throw broken('a frame of a client must be masked')
    if (this.#isControl && length > controlBytesMax) throw broken('a control frame is too long')
    this.#headLength = 2 + maskBytes + (length === longLength ? 8 : length === mediumLength ? 2 : 0)
  }

  /** @throws FramingError when the frame makes its message too large, before its payload arrives */
  #setLength(): void {
    const short = (this.#head[1] as number) & 0x7f
    this.#length = short
    if (short === mediumLength) this.#length = this.#view.getUint16(2)
    // A double is exact enough for a length that is beyond the limit anyway.
    else if (short === longLength) this.#length = this.#view.getUint32(2) * 2 ** 32 + this.#view.getUint32(6)
    const isShortest =
      short < mediumLength || this.#length > (short === mediumLength ? controlBytesMax : mediumBytesMax)
    if (!isShortest) throw broken('a length is not in its shortest form')
    this.#charges.frame()
    if (!this.#isControl && !this.#isDiscarding && this.#message.size + this.#length > messageBytesMax) throw tooLarge()
  }

  /** Reads the available bytes of a payload and returns the index behind them. */
  #takePayload(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.#length - this.#payloadSize)
    const part = bytes.subarray(at, end)
    this.#unmask(part)
    this.#payloadSize += part.byteLength
    if (this.#isControl) this.#control.add(part)
    else if (!this.#isDiscarding) this.#takeData(part)
    return end
  }

  #takeData(part: Uint8Array): void {
    if (part.byteLength < this.#length || !this.#isFinal || this.#message.size > 0) this.#message.add(part)
    else this.#give(part)
  }

  #unmask(part: Uint8Array): void {
    const start = this.#headLength - maskBytes
    for (let index = 0, at = this.#payloadSize; index < part.byteLength; index += 1, at += 1) {
      part[index] = (part[index] as number) ^ (this.#head[start + (at & 3)] as number)
    }
  }

  #endFrame(): void {
    this.#headSize = 0
    this.#payloadSize = 0
    this.#headLength = 2
    if (this.#isControl) this.#endControl(this.#control.take())
    else if (this.#isFinal && this.#kind !== null) this.#give(this.#message.take())
  }

  #give(message: Uint8Array): void {
    const kind = this.#kind
    this.#kind = null
    if (!this.#isDiscarding) this.#sink.receive(kind === text ? decoded(message) : message)
  }

  #endControl(payload: Uint8Array): void {
    if (this.#opcode === close) this.#sink.peerClosed(closeCodeOf(payload))
    else if (this.#opcode === ping) this.#sink.pinged(payload)
    else this.#sink.ponged()
  }
}

/** @throws FramingError 1007 */
function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new FramingError(1007, 'A text frame must be UTF-8.')
  }
}

/** The codes that a close frame may carry (RFC 6455 §7.4, and the registry of IANA). */
function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code < 5000)
  )
}

/** @throws FramingError when the payload is not one of a close frame */
function closeCodeOf(payload: Uint8Array): number | null {
  if (payload.byteLength === 0) return null
  const code = ((payload[0] as number) << 8) | (payload[1] ?? 0)
  if (payload.byteLength === 1 || !isCloseCode(code)) throw broken('a close code is not valid')
  decoded(payload.subarray(2))
  return code
}

function broken(reason: string): FramingError {
  return new FramingError(1002, `The framing is broken: ${reason}.`)
}
