import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { WebSocketReader } from '../../src/connections/web-socket-frames.ts'
import { bytewise, cut, joined, read, splitAt, utf8 } from './frame-reading.ts'

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
