import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { Scenario, Stage } from '../scenario.ts'
import { fieldOf, get, type Wire, type WireOptions } from '../wire.ts'
import { bodies, hello, statuses } from './witness.ts'

type Options = Omit<WireOptions, 'port'>

/** So many connections that have been served and stay. */
async function fill({ open }: Stage, count: number, options: Options = {}): Promise<Wire[]> {
  const wires: Wire[] = []
  for (let index = 0; index < count; index++) {
    const wire = await open(options)
    wire.send(get('/'))
    equal((await wire.answer()).status, 200)
    wires.push(wire)
  }
  return wires
}

async function expectRefused({ open }: Stage, options: Options = {}): Promise<void> {
  const wire = await open(options)
  wire.send(get('/'))
  const { answers, problem } = await wire.all()
  deepEqual([statuses(answers), problem], [[503], null])
  const [answer] = answers
  ok(answer)
  equal(fieldOf(answer, 'connection'), 'close')
  ok(Number(fieldOf(answer, 'retry-after')) > 0)
}

async function isServed(stage: Stage): Promise<boolean> {
  try {
    await fill(stage, 1)
    return true
  } catch {
    return false
  }
}

/** Resolves as soon as the server has noticed that there is room. */
async function expectRoom({ open }: Stage): Promise<void> {
  for (;;) {
    const wire = await open()
    wire.send(get('/'))
    const { answers } = await wire.until((reading) => reading.answers.length > 0)
    if (answers[0]?.status === 200) return
    deepEqual(statuses(answers), [503])
  }
}

export const crowds: readonly Scenario[] = [
  {
    says: 'refuses one connection too many with 503 and Retry-After',
    limits: { connectionsMax: 3 },
    handler: () => hello,
    async run(stage) {
      const [first, second] = await fill(stage, 3)
      await expectRefused(stage)
      second?.send(get('/'))
      equal((await second?.answers(2))?.[1]?.status, 200)
      first?.socket.end()
      await expectRoom(stage)
    },
  },
  {
    says: 'cuts one connection too many with TLS before its handshake, and has room after one leaves',
    limits: { connectionsMax: 3 },
    isSecure: true,
    handler: () => hello,
    async run(stage) {
      const [first, second] = await fill(stage, 3)
      await rejects(stage.open())
      second?.send(get('/'))
      equal((await second?.answers(2))?.[1]?.status, 200)
      first?.socket.end()
      while (!(await isServed(stage))) {
        // The server has not noticed yet that the first one left.
      }
    },
  },
  {
    says: 'refuses one connection too many from one address, and serves another address',
    limits: { connectionsPerAddressMax: 2 },
    handler: () => hello,
    async run(stage) {
      const [first] = await fill(stage, 2)
      await expectRefused(stage)
      await fill(stage, 2, { localAddress: '127.0.0.2' })
      await expectRefused(stage, { localAddress: '127.0.0.2' })
      first?.socket.resetAndDestroy()
      await expectRoom(stage)
    },
  },
  {
    says: 'lets a refused client read why, although it had sent its request already',
    limits: { connectionsMax: 1 },
    handler: () => hello,
    async run(stage) {
      await fill(stage, 1)
      for (let index = 0; index < 100; index++) await expectRefused(stage)
    },
  },
  {
    says: 'counts connections that are refused or reset as gone',
    limits: { connectionsMax: 5 },
    handler: () => hello,
    async run(stage) {
      for (let round = 0; round < 10; round++) {
        const wires = await Promise.all(Array.from({ length: 20 }, () => stage.open()))
        for (const wire of wires) wire.socket.resetAndDestroy()
        await Promise.all(wires.map(({ closed }) => closed))
      }
      await expectRoom(stage)
      for (let index = 0; index < 3; index++) await expectRoom(stage)
    },
  },
  {
    says: 'says Connection: close with the last answer that a connection gets, and closes',
    limits: { requestsPerConnectionMax: 3 },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      for (let count = 1; count <= 3; count++) {
        wire.send(get('/'))
        const answer = (await wire.answers(count))[count - 1]
        equal(fieldOf(answer, 'connection'), count === 3 ? 'close' : undefined)
      }
      equal(await wire.closed, 'ended')
    },
  },
  {
    says: 'executes no request of a pipeline beyond the last that a connection gets',
    limits: { requestsPerConnectionMax: 3 },
    handler: (tell) => (request) => {
      tell(request.url)
      return new Response(request.url.at(-1) ?? '')
    },
    async run({ open, toldSoFar }) {
      const wire = await open()
      wire.send([1, 2, 3, 4, 5].map((index) => get(`/${index}`)).join(''))
      deepEqual(bodies((await wire.all()).answers), ['1', '2', '3'])
      equal(toldSoFar().length, 3)
    },
  },
]
