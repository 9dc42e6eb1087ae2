/**
 * Frames messages as lines of text (NDJSON) in a byte stream: UTF-8, each ended by LF; a CR before it is ignored. All
 * complete lines of a chunk are decoded together and then split, which is safe because LF is part of no other character.
 */
import { FrameCharges } from './frame-charges.ts'
import type { FrameReader, FrameSink } from './frames.ts'
import { messageBytesMax } from './limits.ts'
import { MessageError } from './message-error.ts'
import { PartialMessage, tooLarge } from './partial-message.ts'

const LF = 0x0a

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns a message as a line. */
export function frameLine(message: string): string {
  return `${message}\n`
}

export class LineReader implements FrameReader {
  readonly #sink: FrameSink
  readonly #charges: FrameCharges
  readonly #partial = new PartialMessage()

  constructor(sink: FrameSink) {
    this.#sink = sink
    this.#charges = new FrameCharges(sink)
  }

  get pendingBytes(): number {
    return this.#partial.size
  }

  push(bytes: Uint8Array): void {
    this.#charges.begin(bytes.byteLength)
    const last = bytes.lastIndexOf(LF)
    if (last !== -1) this.#takeLines(bytes, last)
    this.#partial.add(last === -1 ? bytes : bytes.subarray(last + 1))
    this.#charges.end()
  }

  discard(): void {
    this.#partial.take()
  }

  /** @param last the index of the last LF */
  #takeLines(bytes: Uint8Array, last: number): void {
    let start = 0
    if (this.#partial.size > 0) {
      const first = bytes.indexOf(LF)
      this.#partial.add(bytes.subarray(0, first))
      this.#takeLine(this.#partial.take())
      start = first + 1
    }
    if (start <= last) this.#takeText(bytes.subarray(start, last))
  }

  #takeText(lines: Uint8Array): void {
    const text = lines.byteLength <= messageBytesMax ? decoded(lines) : null
    if (text === null) this.#takeEach(lines)
    else this.#giveEach(text)
  }

  #giveEach(text: string): void {
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#give(text.slice(start, end))
      start = end + 1
    }
    this.#give(start === 0 ? text : text.slice(start))
  }

  /** Reads lines one by one, because one of them is too long or is not UTF-8. */
  #takeEach(lines: Uint8Array): void {
    for (let start = 0; start <= lines.byteLength; ) {
      const found = lines.indexOf(LF, start)
      const end = found === -1 ? lines.byteLength : found
      this.#takeLine(lines.subarray(start, end))
      start = end + 1
    }
  }

  #takeLine(line: Uint8Array): void {
    if (line.byteLength > messageBytesMax) throw tooLarge()
    const text = decoded(line)
    if (text === null) this.#refuse()
    else this.#give(text)
  }

  #refuse(): void {
    this.#charges.frame()
    this.#sink.malformed(new MessageError(-32700, 'The message is not valid UTF-8.'))
  }

  #give(line: string): void {
    this.#charges.frame()
    this.#sink.receive(line.endsWith('\r') ? line.slice(0, -1) : line)
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
