import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { Scenario, ScenarioContext } from '../scenario.ts'
import { fieldOf, get, type Wire, type WireOptions } from '../wire.ts'
import { bodies, hello, statuses } from './probe-connection.ts'

type Options = Omit<WireOptions, 'port'>

/** So many connections that have been served and stay. */
async function fill({ open }: ScenarioContext, count: number, options: Options = {}): Promise<Wire[]> {
  const wires: Wire[] = []
  for (let index = 0; index < count; index++) {
    const wire = await open(options)
    wire.send(get('/'))
    equal((await wire.response()).status, 200)
    wires.push(wire)
  }
  return wires
}

async function expectRefused({ open }: ScenarioContext, options: Options = {}): Promise<void> {
  const wire = await open(options)
  wire.send(get('/'))
  const { responses, problem } = await wire.all()
  deepEqual([statuses(responses), problem], [[503], null])
  const [response] = responses
  ok(response)
  equal(fieldOf(response, 'connection'), 'close')
  ok(Number(fieldOf(response, 'retry-after')) > 0)
}

async function isServed(context: ScenarioContext): Promise<boolean> {
  try {
    await fill(context, 1)
    return true
  } catch {
    return false
  }
}

/** Resolves as soon as the server has noticed that there is room. */
async function expectRoom({ open }: ScenarioContext): Promise<void> {
  for (;;) {
    const wire = await open()
    wire.send(get('/'))
    const { responses } = await wire.until((reading) => reading.responses.length > 0)
    if (responses[0]?.status === 200) return
    deepEqual(statuses(responses), [503])
  }
}

export const connectionCounts: readonly Scenario[] = [
  {
    title: 'refuses one connection too many with 503 and Retry-After',
    limits: { connectionsMax: 3 },
    handler: () => hello,
    async run(context) {
      const [first, second] = await fill(context, 3)
      await expectRefused(context)
      second?.send(get('/'))
      equal((await second?.responses(2))?.[1]?.status, 200)
      first?.socket.end()
      await expectRoom(context)
    },
  },
  {
    title: 'cuts one connection too many with TLS before its handshake, and has room after one leaves',
    limits: { connectionsMax: 3 },
    isSecure: true,
    handler: () => hello,
    async run(context) {
      const [first, second] = await fill(context, 3)
      await rejects(context.open())
      second?.send(get('/'))
      equal((await second?.responses(2))?.[1]?.status, 200)
      first?.socket.end()
      while (!(await isServed(context))) {
        // The server has not noticed yet that the first one left.
      }
    },
  },
  {
    title: 'refuses one connection too many from one address, and serves another address',
    limits: { connectionsPerAddressMax: 2 },
    handler: () => hello,
    async run(context) {
      const [first] = await fill(context, 2)
      await expectRefused(context)
      await fill(context, 2, { localAddress: '127.0.0.2' })
      await expectRefused(context, { localAddress: '127.0.0.2' })
      first?.socket.resetAndDestroy()
      await expectRoom(context)
    },
  },
  {
    title: 'lets a refused client read why, although it had sent its request already',
    limits: { connectionsMax: 1 },
    handler: () => hello,
    async run(context) {
      await fill(context, 1)
      for (let index = 0; index < 100; index++) await expectRefused(context)
    },
  },
  {
    title: 'counts connections that are refused or reset as gone',
    limits: { connectionsMax: 5 },
    handler: () => hello,
    async run(context) {
      for (let round = 0; round < 10; round++) {
        const wires = await Promise.all(Array.from({ length: 20 }, () => context.open()))
        for (const wire of wires) wire.socket.resetAndDestroy()
        await Promise.all(wires.map(({ closed }) => closed))
      }
      await expectRoom(context)
      for (let index = 0; index < 3; index++) await expectRoom(context)
    },
  },
  {
    title: 'sends Connection: close with the last allowed response, and closes',
    limits: { requestsPerConnectionMax: 3 },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      for (let count = 1; count <= 3; count++) {
        wire.send(get('/'))
        const response = (await wire.responses(count))[count - 1]
        equal(fieldOf(response, 'connection'), count === 3 ? 'close' : undefined)
      }
      equal(await wire.closed, 'ended')
    },
  },
  {
    title: 'executes no request of a pipeline beyond the last that a connection gets',
    limits: { requestsPerConnectionMax: 3 },
    handler: (report) => (request) => {
      report(request.url)
      return new Response(request.url.at(-1) ?? '')
    },
    async run({ open, reported }) {
      const wire = await open()
      wire.send([1, 2, 3, 4, 5].map((index) => get(`/${index}`)).join(''))
      deepEqual(bodies((await wire.all()).responses), ['1', '2', '3'])
      equal(reported().length, 3)
    },
  },
]
