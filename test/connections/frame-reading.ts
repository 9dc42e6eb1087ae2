/** Reads streams of bytes that are cut into pieces. */
import { type FrameReader, FramingError } from '../../src/connections/frames.ts'
import type { WebSocketSink } from '../../src/connections/web-socket-frames.ts'

export const utf8 = new TextEncoder()

/** Feeds pieces, whose memory is reused as that of a socket would be, and returns the messages. */
export function read(make: (sink: Sink) => FrameReader, pieces: readonly Uint8Array[]) {
  const sink = new Sink()
  const reader = make(sink)
  let end: number | null = null
  for (const piece of pieces) {
    const lent = piece.slice()
    try {
      reader.push(lent)
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      end = error.code
      break
    }
    lent.fill(0xff)
  }
  return { messages: sink.messages, end, pending: reader.pendingBytes, charged: sink.charged }
}

class Sink implements WebSocketSink {
  readonly messages: string[] = []
  charged = { frames: 0, bytes: 0 }
  charge(frames: number, bytes: number): void {
    this.charged.frames += frames
    this.charged.bytes += bytes
  }
  receive(message: string | Uint8Array): void {
    this.messages.push(typeof message === 'string' ? message : message.toHex())
  }
  malformed(error: Error): void {
    this.messages.push(`malformed: ${error.message}`)
  }
  pinged(payload: Uint8Array): void {
    this.messages.push(`ping ${payload.toHex()}`)
  }
  ponged(): void {
    this.messages.push('pong')
  }
  peerClosed(code: number | null): void {
    this.messages.push(`close ${code}`)
  }
}

export function bytewise(all: Uint8Array): Uint8Array[] {
  return Array.from(all, (byte) => Uint8Array.of(byte))
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export function splitAt(all: Uint8Array, at: number): Uint8Array[] {
  return [all.subarray(0, at), all.subarray(at)]
}

export function inPieces(all: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.subarray(n * size, (n + 1) * size))
}

/** Cuts into pieces of the sizes given, and a last one. */
export function cut(all: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let at = 0
  const pieces = sizes.map((size) => {
    at += size
    return all.subarray(at - size, at)
  })
  return [...pieces, all.subarray(at)]
}
