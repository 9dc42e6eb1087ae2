/** Messages of many small values, which cost more to decode and to encode than their bytes say. */
import { encode } from 'cborg'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { responseValuesMax } from '../../src/connections/limits.ts'
import type { MessageError } from '../../src/connections/message-error.ts'
import { jsonValuesMax } from '../../src/http/json.ts'
import { formats, serve } from './test-client.ts'

const shapes: [string, (count: number) => unknown][] = [
  ['empty objects', (count) => Array.from({ length: count - 1 }, () => ({}))],
  ['empty arrays', (count) => Array.from({ length: count - 1 }, () => [])],
  ['numbers', (count) => Array.from({ length: count - 1 }, (_, n) => n)],
  ['empty texts', (count) => Array.from({ length: count - 1 }, () => '')],
  ['literals', (count) => Array.from({ length: count - 1 }, (_, n) => [true, false, null][n % 3])],
  ['objects of one member', (count) => Array.from({ length: (count - 1) / 2 }, () => ({ a: 1 }))],
  ['pairs', (count) => Array.from({ length: (count - 1) / 3 }, () => [0, 0])],
]

/** Counts the units that a server's clients take. */
function counted(format: (typeof formats)[number][1]) {
  const taken = { units: 0 }
  const takeUnits = (_: unknown, __: unknown, units: number) => {
    taken.units += units
    return true
  }
  return { taken, takeUnits, format }
}

describe.each(formats)('in %s', (_, format) => {
  test.each(shapes)('a document of too many %s is refused, and one of fewer is taken', (__, make) => {
    expect(() => format.decode(format.encode(make(jsonValuesMax - 7) as object))).not.toThrow()
    const tooMany = format.encode(make(jsonValuesMax + 7) as object)
    expect(() => format.decode(tooMany)).toThrow(
      expect.objectContaining({ code: -32700 } satisfies Partial<MessageError>),
    )
  })

  test.each(shapes)('%s are charged by their number', async (__, make) => {
    const { taken, takeUnits } = counted(format)
    const client = serve({ format, takeUnits }).open()
    const before = taken.units
    await client.call('echo', make(30_001))
    expect(taken.units - before).toBeGreaterThan(30_000 / 1024)
    expect(taken.units - before).toBeLessThan(30_000 / 1024 + 20)
  })

  test('a client over its limit that sends many values is disconnected after two messages', async () => {
    let isLimited = false
    const client = serve({ format, takeUnits: () => !isLimited }).open()
    isLimited = true
    expect(
      (
        await client.call(
          'echo',
          Array.from({ length: 60_000 }, () => ({})),
        )
      ).error.code,
    ).toBe(429)
    client.ask(
      'echo',
      Array.from({ length: 60_000 }, () => ({})),
    )
    expect(client.channel.end?.code).toBe(1008)
  })

  test('a member is the bytes that stand in the message', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
        (params, more) => {
          const message = { before: more, params, after: [more] }
          fc.pre(!JSON.stringify(message).includes('__proto__'))
          const same = JSON.parse(JSON.stringify(message))
          const member = format.member(format.encode(same), 'params')
          const value = typeof member === 'string' ? JSON.parse(member) : member && format.decode(member)
          expect(value).toEqual(same.params)
        },
      ),
    )
  })
})

test('echo answers with the bytes that came', async () => {
  const [[, json], [, cbor]] = formats
  const text = serve({ format: json }).open()
  text.connection.receive(
    '{ "params" : [1.0, {"b":"\\u0061", "params":2}] , "id":"a\\"", "method":"echo", "jsonrpc":"2.0"}',
  )
  expect(text.channel.raw).toEqual(['{"jsonrpc":"2.0","id":"a\\"","result": [1.0, {"b":"\\u0061", "params":2}] }'])
  const bytes = serve({ format: cbor }).open()
  // { jsonrpc: "2.0", method: "echo", params: { b: 1 as a double, a: 500 in 4 bytes }, id: 7 }
  const params = 'a26162fb3ff000000000000061611a000001f4'
  const message = `a4676a736f6e72706363322e30666d6574686f64646563686f66706172616d73${params}62696407`
  bytes.connection.receive(Uint8Array.fromHex(message))
  expect((bytes.channel.raw[0] as Uint8Array).toHex()).toBe(`a36269640766726573756c74${params}676a736f6e72706363322e30`)
})

test('a response of many values is charged on CBOR, and refused beyond the limit', async () => {
  const [, [, format]] = formats
  const { taken, takeUnits } = counted(format)
  const body = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({})))
  const fetch = (request: Request) =>
    new Response(body(Number(new URL(request.url).search.slice(1))), {
      headers: { 'content-type': 'application/json' },
    })
  const client = serve({ format, takeUnits, fetch }).open()
  const before = taken.units
  expect((await client.call('GET /list?50000')).result.body).toHaveLength(50_000)
  expect(taken.units - before).toBeGreaterThan(50_000 / 1024)
  expect((await client.call(`GET /list?${responseValuesMax / 2 + 1}`)).error.code).toBe(406)
})

test('a map of CBOR that announces many entries costs nothing', () => {
  const [, [, format]] = formats
  expect(() => format.decode(Uint8Array.fromHex('9affffffff'))).toThrow('not valid CBOR')
  expect(format.member(encode({ a: 1 }), 'params')).toBeNull()
})
