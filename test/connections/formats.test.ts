import { decode as decodeAnyCbor, encode as encodeAnyCbor } from 'cborg'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Format } from '../../src/connections/format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { MessageError } from '../../src/connections/message-error.ts'
import { TopicEvent } from '../../src/topics/event.ts'
import { codePoint } from '../harness/code-points.ts'

const event = new TopicEvent('todos', 7, 'created', Date.UTC(2026, 10, 21, 12, 0, 0, 5), '{"id":"a","title":"Tea"}')
const bytes = (hex: string) => Uint8Array.fromHex(hex.replace(/\s/g, ''))
const hex = (message: string | Uint8Array) => (message as Uint8Array).toHex()

function refusal(format: Format, message: string | Uint8Array): string {
  try {
    format.decode(message)
  } catch (error) {
    if (error instanceof MessageError && error.code === -32700) return error.message
    throw error
  }
  throw new Error('It was taken.')
}

describe('JSON', () => {
  test('an event is this text', () => {
    expect(jsonFormat.event(event)).toBe(
      '{"jsonrpc":"2.0","method":"event","params":{"topic":"todos","offset":7,"type":"created","at":"2026-11-21T12:00:00.005Z","data":{"id":"a","title":"Tea"}}}',
    )
  })

  test('a response is this text', () => {
    expect(jsonFormat.encodeResponse(1, 200, null, '{"data":[],"status":200}')).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{"status":200,"headers":{},"body":{"data":[],"status":200}}}',
    )
    expect(jsonFormat.encodeResponse('a"b', 204, { etag: '"1"' }, null)).toBe(
      '{"jsonrpc":"2.0","id":"a\\"b","result":{"status":204,"headers":{"etag":"\\"1\\""},"body":null}}',
    )
  })

  test('ping and pong are these texts', () => {
    expect(jsonFormat.ping).toBe('{"jsonrpc":"2.0","method":"ping"}')
    expect(jsonFormat.pong).toBe('{"jsonrpc":"2.0","method":"pong"}')
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['two values', '{}{}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['__proto__', '{"__proto__":{}}'],
    ['a number that can not be kept', '{"a":12345678901234567890}'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65)],
    ['a byte order mark', '\ufeff{}'],
    ['bytes', new Uint8Array([0x7b, 0x7d])],
  ])('%s is refused', (_, message) => {
    expect(refusal(jsonFormat, message)).not.toBe('')
  })

  test('64 levels are taken', () => {
    expect(jsonFormat.decode('['.repeat(64) + ']'.repeat(64))).toBeInstanceOf(Array)
  })

  test('decoding an encoded message returns the same message', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json()), (message) => {
        fc.pre(!JSON.stringify(message).includes('__proto__'))
        expect(jsonFormat.decode(jsonFormat.encode(message))).toEqual(JSON.parse(JSON.stringify(message)))
      }),
    )
  })

  test('any text is a message or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => isTakenOrRefused(jsonFormat, text)),
      { numRuns: 500 },
    )
  })
})

describe('CBOR', () => {
  test('ping and pong are these bytes', () => {
    expect(hex(cborFormat.ping)).toBe('a2666d6574686f646470696e67676a736f6e72706363322e30')
    expect(hex(cborFormat.pong)).toBe('a2666d6574686f6464706f6e67676a736f6e72706363322e30')
  })

  test('a response is these bytes', () => {
    expect(hex(cborFormat.encodeResponse(1, 200, null, '{"data":[],"status":200}'))).toBe(
      'a3' + // a map of 3
        '626964' +
        '01' + // id: 1
        '66726573756c74' +
        'a3' + // result: a map of 3
        '64626f6479' +
        'a2' +
        '6464617461' +
        '80' +
        '66737461747573' +
        '18c8' + // body: { data: [], status: 200 }
        '66737461747573' +
        '18c8' + // status: 200
        '6768656164657273' +
        'a0' + // headers: {}
        '676a736f6e727063' +
        '63322e30', // jsonrpc: "2.0"
    )
  })

  test('an event has the same members as in JSON', () => {
    expect(decodeAnyCbor(cborFormat.event(event) as Uint8Array)).toEqual(JSON.parse(jsonFormat.event(event) as string))
  })

  test('the same values are the same bytes, in whatever order they were put in', () => {
    expect(cborFormat.encode({ b: 1, a: { d: 1, c: 2 } })).toEqual(cborFormat.encode({ a: { c: 2, d: 1 }, b: 1 }))
  })

  test.each([
    ['nothing', '', 'did not find any content'],
    ['two values', 'a0a0', 'too many terminals'],
    ['an array that is cut off', '8201', 'not enough entries'],
    ['a text that is cut off', '6568656c', 'not enough data'],
    ['a byte string', 'a1616141ff', 'byte strings are not allowed'],
    ['a tag', 'a16161c000', 'tags are not allowed'],
    ['the tag of CBOR', 'd9d9f7a0', 'tags are not allowed'],
    ['undefined', 'a16161f7', 'undefined'],
    ['an indefinite array', '9f01ff', 'indefinite'],
    ['an indefinite map', 'bf616101ff', 'indefinite'],
    ['an indefinite text', '7f6161ff', ''],
    ['a break', 'ff', ''],
    ['another simple value', 'e0', ''],
    ['a key twice', 'a2616101616102', 'repeat map key'],
    ['a key that is no text', 'a10101', 'non-string keys'],
    ['__proto__', 'a1695f5f70726f746f5f5fa0', '__proto__'],
    ['__proto__ in a later entry', 'a2616101695f5f70726f746f5f5fa0', '__proto__'],
    ['an integer beyond 2^53', '1b0020000000000000', 'not supported'],
    ['a negative integer beyond -2^53', '3b0020000000000001', 'not supported'],
    ['infinity', 'f97c00', 'Infinity'],
    ['not a number', 'f97e00', 'NaN'],
    ['broken UTF-8', 'a1616162c328', ''],
    ['an array of 2^32 - 1 items that are not there', '9affffffff', 'not enough entries'],
    ['an array of 2^64 - 1 items', '9bffffffffffffffff', ''],
    ['a map of 1,001 entries', 'b903e9', '1000 keys'],
    ['65 levels', `${'81'.repeat(64)}80`, '64 levels'],
  ])('%s is refused', (_, message, reason) => {
    expect(refusal(cborFormat, bytes(message))).toContain(reason)
  })

  test('a text is refused', () => {
    expect(refusal(cborFormat, '{}')).not.toBe('')
  })

  test('a million levels are refused and break nothing', () => {
    expect(refusal(cborFormat, new Uint8Array(1_000_000).fill(0x81))).toContain('64 levels')
  })

  test.each([
    ['64 levels', `${'81'.repeat(63)}80`],
    ['__proto__ as a value', '81695f5f70726f746f5f5f'],
    ['__proto__ as a value of a map', 'a16161695f5f70726f746f5f5f'],
    ['lengths that could be shorter', 'b900017801611901f4'],
    ['2^53 - 1', '1b001fffffffffffff'],
  ])('%s is taken', (_, message) => {
    expect(() => cborFormat.decode(bytes(message))).not.toThrow()
  })

  test('a byte order mark and other text beyond ASCII stay unchanged', () => {
    for (const text of ['\ufeff', '\ufeffa', 'ä', '€'.repeat(100), '\ufffd', '😀']) {
      expect(cborFormat.decode(cborFormat.encode([text]))).toEqual([text])
    }
  })

  test('decoding an encoded message returns the same message', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), json()), (message) => {
        fc.pre(!JSON.stringify(message).includes('__proto__'))
        const same = JSON.parse(JSON.stringify(message))
        expect(cborFormat.decode(cborFormat.encode(same))).toEqual(same)
      }),
    )
  })

  test('any bytes are a message or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => isTakenOrRefused(cborFormat, message)),
      { numRuns: 2000 },
    )
  })

  test('a message with a byte changed is a message or refused', () => {
    const message = encodeAnyCbor({
      jsonrpc: '2.0',
      id: 1,
      method: 'echo',
      params: { text: 'Grüße', list: [1, -2.5, null, true] },
    })
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.nat(255), (at, byte) => {
        const changed = message.slice()
        changed[at] = byte
        isTakenOrRefused(cborFormat, changed)
      }),
      { numRuns: 2000 },
    )
  })
})

const unsafeInteger = /(?<![.\d])\d{16,}(?![.\d])/

/** Values that JSON and CBOR both have; well-formed text alone, and no integer that can't be kept. */
function json() {
  return fc
    .jsonValue({ stringUnit: 'grapheme', maxDepth: 5 })
    .filter((value) => !unsafeInteger.test(JSON.stringify(value)))
}

function isTakenOrRefused(format: Format, message: string | Uint8Array): void {
  try {
    format.decode(message)
  } catch (error) {
    expect(error).toBeInstanceOf(MessageError)
    expect((error as MessageError).code).toBe(-32700)
  }
}
