import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, frameBytes, preface } from '../../src/connections/byte-frames.ts'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { bytewise, cut, inPieces, joined, read, splitAt } from './frame-reading.ts'

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
