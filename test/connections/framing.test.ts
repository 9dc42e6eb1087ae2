import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, frameBytes, preface } from '../../src/connections/byte-frames.ts'
import { type FrameReader, FramingError } from '../../src/connections/frames.ts'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { frameLine, LineReader } from '../../src/connections/line-frames.ts'
import { WebSocketReader, type WebSocketSink } from '../../src/connections/web-socket-frames.ts'

const utf8 = new TextEncoder()

/** Feeds pieces, whose memory is reused as that of a socket would be, and returns the messages. */
function read(make: (sink: Sink) => FrameReader, pieces: readonly Uint8Array[]) {
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

function bytewise(all: Uint8Array): Uint8Array[] {
  return Array.from(all, (byte) => Uint8Array.of(byte))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function splitAt(all: Uint8Array, at: number): Uint8Array[] {
  return [all.subarray(0, at), all.subarray(at)]
}

describe('lines', () => {
  const lines = (pieces: readonly Uint8Array[]) => read((sink) => new LineReader(sink), pieces)
  const text = '{"a":1}\r\n{"b":"Grüße 😀"}\n\n{"c":\r3}\n{"d'
  const messages = ['{"a":1}', '{"b":"Grüße 😀"}', '', '{"c":\r3}']

  test('a message is framed as this', () => {
    expect(frameLine('{"a":1}')).toBe('{"a":1}\n')
  })

  test('each line that is whole is a message, without the CR before its LF', () => {
    expect(lines([utf8.encode(text)])).toMatchObject({ messages, end: null, pending: 3 })
  })

  test('the same comes out wherever the stream is split', () => {
    const all = utf8.encode(text)
    for (let at = 0; at <= all.length; at += 1) expect(lines(splitAt(all, at)).messages).toEqual(messages)
    expect(lines(bytewise(all))).toMatchObject({ messages, end: null, pending: 3 })
  })

  test('a line that is not UTF-8 is malformed, and those around it are not', () => {
    const all = joined([utf8.encode('{}\n'), Uint8Array.of(0x22, 0xc3, 0x28, 0x22, 0x0a), utf8.encode('[]\n')])
    const expected = ['{}', 'malformed: The message is not valid UTF-8.', '[]']
    expect(lines([all]).messages).toEqual(expected)
    expect(lines(bytewise(all)).messages).toEqual(expected)
  })

  test('a character that is cut in two by the end of a line is malformed', () => {
    expect(lines([Uint8Array.of(0xc3, 0x0a, 0xa4, 0x0a)]).messages).toHaveLength(2)
    expect(lines([Uint8Array.of(0xc3, 0x0a, 0xa4, 0x0a)]).messages[0]).toMatch(/^malformed/)
  })

  test('a line of the greatest length is taken, whole and in pieces', () => {
    const line = utf8.encode(`"${'a'.repeat(messageBytesMax - 2)}"\n`)
    for (const pieces of [[line], inPieces(line, 65_536)]) {
      const {
        messages: [only = ''],
        end,
      } = lines(pieces)
      expect(only.length).toBe(messageBytesMax)
      expect(end).toBeNull()
    }
  })

  test('a longer line ends the connection with 1009, before its end has arrived', () => {
    const long = new Uint8Array(messageBytesMax + 1).fill(0x61)
    expect(lines([long]).end).toBe(1009)
    expect(lines(inPieces(long, 1000)).end).toBe(1009)
    expect(lines([joined([utf8.encode('{}\n')]), long])).toMatchObject({ messages: ['{}'], end: 1009 })
  })

  test('a line that is longer ends it with 1009 though others are around it', () => {
    const all = new Uint8Array(messageBytesMax + 10).fill(0x61)
    all[2] = 0x0a
    all[all.length - 1] = 0x0a
    expect(lines([all])).toMatchObject({ messages: ['aa'], end: 1009 })
  })

  test('many lines that are longer together than one may be are all taken', () => {
    const all = utf8.encode(`"${'b'.repeat(700_000)}"\n`.repeat(2))
    expect(lines([all]).messages).toHaveLength(2)
  })

  test('messages come out as they went in, however they are cut', () => {
    const message = fc.string({ unit: 'grapheme' }).filter((each) => !/[\r\n]/.test(each))
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(40)), (all, sizes) => {
        const stream = utf8.encode(all.map(frameLine).join(''))
        expect(lines(cut(stream, sizes)).messages).toEqual(all)
      }),
    )
  })

  test('any bytes are messages, malformed or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(40)), (stream, sizes) => {
        const { messages: found } = lines(cut(stream, sizes))
        expect(found).toHaveLength(stream.filter((byte) => byte === 0x0a).length)
        expect(found).toEqual(lines([stream]).messages)
      }),
    )
  })
})

describe('frames of bytes', () => {
  const frames = (pieces: readonly Uint8Array[]) => read((sink) => new ByteReader(sink), pieces)
  const stream = joined([
    preface,
    frameBytes(Uint8Array.of(1, 2, 3)),
    frameBytes(Uint8Array.of()),
    frameBytes(new Uint8Array(300)),
  ])
  const messages = ['010203', '', '00'.repeat(300)]

  test('the preface and a frame are these bytes', () => {
    expect(preface.toHex()).toBe('d9d9f7')
    expect(frameBytes(Uint8Array.of(0xa0)).toHex()).toBe('5a00000001a0')
    expect(frameBytes(new Uint8Array(0x010203)).subarray(0, 5).toHex()).toBe('5a00010203')
  })

  test('each frame is a message', () => {
    expect(frames([stream])).toMatchObject({ messages, end: null, pending: 0 })
  })

  test('the same comes out wherever the stream is split', () => {
    for (let at = 0; at <= stream.length; at += 1) expect(frames(splitAt(stream, at)).messages).toEqual(messages)
    expect(frames(bytewise(stream)).messages).toEqual(messages)
  })

  test('a frame that is cut off waits', () => {
    expect(frames([stream.subarray(0, 3 + 5 + 2)])).toMatchObject({ messages: [], end: null, pending: 7 })
  })

  test.each([
    ['another preface', 'd9d9f8', 1002],
    ['text', '7b7d0a', 1002],
    ['a frame of another kind', 'd9d9f75800', 1002],
    ['garbage after a frame', 'd9d9f75a00000001a0a0', 1002],
    ['a length one beyond the greatest', 'd9d9f75a00110001', 1009],
    ['a length of 2^32 - 1', 'd9d9f75affffffff', 1009],
  ])('%s ends it', (_, hex, code) => {
    expect(frames([Uint8Array.fromHex(hex)]).end).toBe(code)
    expect(frames(bytewise(Uint8Array.fromHex(hex))).end).toBe(code)
  })

  test('the greatest length is taken', () => {
    expect(messageBytesMax).toBe(0x110000)
    const all = joined([preface, frameBytes(new Uint8Array(messageBytesMax))])
    for (const pieces of [[all], inPieces(all, 65_536)]) {
      const {
        messages: [only = ''],
        end,
      } = frames(pieces)
      expect(only.length).toBe(2 * messageBytesMax)
      expect(end).toBeNull()
    }
  })

  test('messages come out as they went in, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.array(fc.nat(40)), (all, sizes) => {
        const pieces = cut(joined([preface, ...all.map(frameBytes)]), sizes)
        expect(frames(pieces).messages).toEqual(all.map((each) => each.toHex()))
      }),
    )
  })

  test('any bytes are messages or end it, the same however they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(fc.nat(10)), (tail, sizes) => {
        const all = joined([preface, frameBytes(Uint8Array.of(7)), tail])
        const { messages: found, end } = frames(cut(all, sizes))
        expect({ found, end }).toEqual({ found: frames([all]).messages, end: frames([all]).end })
        expect(found[0]).toBe('07')
      }),
    )
  })
})

describe('frames of a WebSocket', () => {
  const frames = (pieces: readonly Uint8Array[]) => read((sink) => new WebSocketReader(sink), pieces)
  const hello = '818537fa213d7f9f4d5158' // RFC 6455 §5.7: a masked text frame, "Hello"

  test('the examples of RFC 6455 are these messages', () => {
    expect(frames([Uint8Array.fromHex(hello)]).messages).toEqual(['Hello'])
    const inTwo = joined([clientFrame(1, utf8.encode('Hel'), false), clientFrame(0, utf8.encode('lo'))])
    expect(frames([inTwo]).messages).toEqual(['Hello'])
    const ping = clientFrame(9, utf8.encode('Hello'))
    expect(frames([ping]).messages).toEqual(['ping 48656c6c6f'])
    for (const size of [256, 65_536]) {
      expect(frames([clientFrame(2, new Uint8Array(size))]).messages).toEqual(['00'.repeat(size)])
    }
  })

  const stream = joined([
    clientFrame(1, utf8.encode('Grüße'), false),
    clientFrame(9, new Uint8Array()),
    clientFrame(0, utf8.encode(' 😀').subarray(0, 3), false),
    clientFrame(10, new Uint8Array(125)),
    clientFrame(0, utf8.encode(' 😀').subarray(3)),
    clientFrame(2, new Uint8Array(), false),
    clientFrame(0, new Uint8Array(), false),
    clientFrame(0, new Uint8Array([1, 2])),
    clientFrame(2, new Uint8Array()),
    clientFrame(2, new Uint8Array(200)),
    clientFrame(8, Uint8Array.of(0x03, 0xe8, 0x62, 0x79, 0x65)),
  ])
  const messages = ['ping ', 'pong', 'Grüße 😀', '0102', '', '00'.repeat(200), 'close 1000']

  test('fragments are one message, with control frames between them, wherever the stream is split', () => {
    const charged = { frames: 11, bytes: stream.length }
    for (let at = 0; at <= stream.length; at += 1) {
      expect(frames(splitAt(stream, at))).toEqual({ messages, end: null, pending: 0, charged })
    }
    expect(frames(bytewise(stream))).toEqual({ messages, end: null, pending: 0, charged })
  })

  test('a fragment of a message is pending, even an empty one', () => {
    expect(frames([clientFrame(1, new Uint8Array(), false)]).pending).toBe(1)
    expect(frames([clientFrame(1, new Uint8Array(9), false), clientFrame(10, new Uint8Array(99))]).pending).toBe(10)
  })

  test.each([
    ['a reserved bit', 'c18000000000', 1002],
    ['an undefined opcode', '838000000000', 1002],
    ['an undefined control opcode', '8b8000000000', 1002],
    ['a frame that is not masked', '810548656c6c6f', 1002],
    ['a control frame in fragments', '098000000000', 1002],
    ['a control frame of 126 bytes', '89fe007e', 1002],
    ['a continuation without a message', '808000000000', 1002],
    ['a message inside another', '018000000000018000000000', 1002],
    ['a length of 2 bytes that fits in 1', '81fe007d00000000', 1002],
    ['a length of 8 bytes that fits in 2', '81ff000000000000ffff00000000', 1002],
    ['a close of one byte', '88810000000003', 1002],
    ['a close code that is not for frames', '88820000000003ed', 1002],
    ['a close code below 1000', '88820000000003e7', 1002],
    ['a close reason that is not UTF-8', '88830000000003e8ff', 1007],
    ['text that is not UTF-8', '818200000000c328', 1007],
    ['a length one beyond the greatest', '82ff000000000011000100000000', 1009],
    ['a length of 2^64 - 1', '82ffffffffffffffffff00000000', 1009],
  ])('%s ends it', (_, hex, code) => {
    expect(frames([Uint8Array.fromHex(hex)]).end).toBe(code)
    expect(frames(bytewise(Uint8Array.fromHex(hex))).end).toBe(code)
  })

  test('fragments that are longer together than a message may be end it before the last has arrived', () => {
    const part = clientFrame(2, new Uint8Array(messageBytesMax), false)
    const last = clientFrame(0, new Uint8Array(1)).subarray(0, 6)
    expect(frames([part, last]).end).toBe(1009)
    expect(frames([part, clientFrame(0, new Uint8Array(0))]).messages).toEqual(['00'.repeat(messageBytesMax)])
  })

  test('messages come out as they went in, however they are fragmented and cut', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.uint8Array(), { minLength: 1 })), fc.array(fc.nat(40)), (all, sizes) => {
        const parts = all.flatMap((each) =>
          each.map((part, n) => clientFrame(n === 0 ? 2 : 0, part, n === each.length - 1)),
        )
        expect(frames(cut(joined(parts), sizes)).messages).toEqual(all.map((each) => joined(each).toHex()))
      }),
    )
  })

  test('any bytes are messages or end it, the same however they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(fc.nat(10)), (tail, sizes) => {
        const all = joined([clientFrame(2, Uint8Array.of(7)), tail])
        const whole = frames([all])
        expect(frames(cut(all, sizes))).toMatchObject({ messages: whole.messages, end: whole.end })
        expect(whole.messages[0]).toBe('07')
      }),
    )
  })
})

/** A frame as a client sends it, masked. */
function clientFrame(opcode: number, payload: Uint8Array, isFinal = true): Uint8Array {
  const { length } = payload
  const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 0xff] : longSize(length)
  const head = Uint8Array.of((isFinal ? 0x80 : 0) | opcode, 0x80 | (size[0] as number), ...size.slice(1), ...mask)
  const frame = new Uint8Array(head.length + length)
  frame.set(head)
  frame.set(
    payload.map((byte, at) => byte ^ (mask[at % 4] as number)),
    head.length,
  )
  return frame
}

function longSize(length: number): number[] {
  return [127, 0, 0, 0, 0, ...Array.from({ length: 4 }, (_, n) => (length >>> (24 - 8 * n)) & 0xff)]
}

function inPieces(all: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.subarray(n * size, (n + 1) * size))
}

/** Cuts into pieces of the sizes given, and a last one. */
function cut(all: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let at = 0
  const pieces = sizes.map((size) => {
    at += size
    return all.subarray(at - size, at)
  })
  return [...pieces, all.subarray(at)]
}
