import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { frameLine, LineReader } from '../../src/connections/line-frames.ts'
import { bytewise, cut, inPieces, joined, read, splitAt, utf8 } from './frame-reading.ts'

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
