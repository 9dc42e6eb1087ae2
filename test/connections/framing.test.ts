import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, frameBytes, preface } from '../../src/connections/byte-frames.ts'
import { type FrameReader, FramingError } from '../../src/connections/frames.ts'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { frameLine, LineReader } from '../../src/connections/line-frames.ts'

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
  return { messages: sink.messages, end, pending: reader.pendingBytes }
}

class Sink {
  readonly messages: string[] = []
  receive(message: string | Uint8Array): void {
    this.messages.push(typeof message === 'string' ? message : message.toHex())
  }
  malformed(error: Error): void {
    this.messages.push(`malformed: ${error.message}`)
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
    expect(lines([utf8.encode(text)])).toEqual({ messages, end: null, pending: 3 })
  })

  test('the same comes out wherever the stream is split', () => {
    const all = utf8.encode(text)
    for (let at = 0; at <= all.length; at += 1) expect(lines(splitAt(all, at)).messages).toEqual(messages)
    expect(lines(bytewise(all))).toEqual({ messages, end: null, pending: 3 })
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
    expect(frames([stream])).toEqual({ messages, end: null, pending: 0 })
  })

  test('the same comes out wherever the stream is split', () => {
    for (let at = 0; at <= stream.length; at += 1) expect(frames(splitAt(stream, at)).messages).toEqual(messages)
    expect(frames(bytewise(stream)).messages).toEqual(messages)
  })

  test('a frame that is cut off waits', () => {
    expect(frames([stream.subarray(0, 3 + 5 + 2)])).toEqual({ messages: [], end: null, pending: 7 })
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
