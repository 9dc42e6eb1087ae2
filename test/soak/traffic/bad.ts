/** Traffic of clients that break off, send what is no HTTP, or ask for what breaks. */
import { setTimeout as pause } from 'node:timers/promises'
import { readCorpus } from '../../fuzz/corpus.ts'
import { topics } from '../../probe/cases.ts'
import { type Asked, asked, bytesOf, download, smallRequest, upload } from '../requests.ts'
import type { Scenario, User } from '../user.ts'
import { BrokenError } from '../wire.ts'

const endless = ['/events', '/silent', '/never', '/deaf']

function anyRequest({ random, nextNumber }: User): Asked {
  const kind = random.below(8)
  if (kind === 0) return download(random, nextNumber(), random.below(4_000_000))
  if (kind === 1) return upload(random, nextNumber(), random.below(2_000_000))
  if (kind === 2) return asked(random, nextNumber(), { path: random.pick(endless) })
  if (kind === 3) return asked(random, nextNumber(), { path: `/breaks?bytes=${random.below(300_000)}` })
  const body = { method: 'POST', bytes: random.below(100_000) }
  if (kind === 4) return asked(random, nextNumber(), { path: random.pick(['/never', '/deaf']), ...body })
  return smallRequest(random, nextNumber())
}

/** Breaks off at a random place of what is sent or of what is received. */
const abort: Scenario = {
  name: 'abort',
  weight: 30,
  async play(user) {
    const { random } = user
    const { wire } = await user.open()
    const all = Array.from({ length: 1 + random.below(random.pick([1, 2, 8])) }, () => bytesOf(anyRequest(user)))
    const whole = Buffer.concat(all)
    const cut = random.below(2) === 0 ? whole.length : random.below(whole.length)
    const isGone = Promise.withResolvers<void>()
    const sent = user.send(wire, user.cut(whole.subarray(0, cut), random.below(4)), { waitMs: random.below(3) })
    const read = random.below(3) === 0 ? user.readSome(wire, random.below(500_000)) : isGone.promise
    await Promise.race([Promise.all([sent, read]), pause(random.below(120))])
    if (random.below(4) === 0) wire.finish()
    if (random.below(4) === 0) await pause(random.below(30))
    user.leave(wire)
    isGone.resolve()
    await sent
  },
}

const inputs = [
  ...readCorpus(),
  ...topics.flatMap(({ cases }) =>
    cases.map(({ send }) => Buffer.from(send.join('').replaceAll('{host}', 'soak.example'), 'latin1')),
  ),
]

/** Whatever comes, the connection ends. */
const garbage: Scenario = {
  name: 'garbage',
  weight: 25,
  async play(user) {
    const { random } = user
    const { wire } = await user.open()
    const input = garbled(user)
    await user.send(wire, user.cut(input, random.pick([0, 0, 1, 10])), { waitMs: random.below(3) })
    const isWaiting = random.below(12) === 0
    if (!isWaiting) wire.finish()
    const end = await wire.rest()
    const text = JSON.stringify(input.toString('latin1', 0, 300))
    if (end !== 'end' && end.message.startsWith('nothing for')) throw new BrokenError(`never closed after ${text}`)
  },
}

function garbled(user: User): Buffer {
  const { random } = user
  const whole = random.below(3) === 0 ? bytesOf(smallRequest(random, user.nextNumber())) : random.pick(inputs)
  const input = Buffer.from(whole.subarray(0, random.below(3) === 0 ? random.below(whole.length + 1) : undefined))
  for (let left = random.below(4); left > 0 && input.length > 0; left--) {
    input[random.below(Math.min(input.length, 400))] = random.below(256)
  }
  return input
}

/** Disconnects while the handler runs or its stream is silent. A client that only half closes is cut off in time. */
const gone: Scenario = {
  name: 'gone',
  weight: 8,
  async play(user) {
    const { random } = user
    const { wire } = await user.open()
    const path = random.pick(endless)
    await wire.send(bytesOf(asked(random, user.nextNumber(), { path })))
    if (path === '/events' || path === '/silent') {
      if ((await wire.read()) === null) throw new BrokenError(`${path} ended`)
    }
    await pause(random.below(100))
    if (path === '/events' || random.below(6) > 0) return
    wire.finish()
    const end = await wire.rest()
    if (end !== 'end' && end.message.startsWith('nothing for')) throw new BrokenError(`${path} was never cut off`)
  },
}

/** A response that breaks off must be recognizable. */
const breaks: Scenario = {
  name: 'broken response',
  weight: 5,
  async play(user) {
    const { random } = user
    const { wire, reader } = await user.open()
    const path = random.pick([`/breaks?bytes=${random.below(300_000)}`, '/short'])
    const isOld = random.below(3) === 0
    const { head } = asked(random, user.nextNumber(), { path })
    await wire.send(isOld ? head.replace('HTTP/1.1', 'HTTP/1.0') : head)
    const response = await reader.next('GET').catch((error) => error as BrokenError)
    if (response instanceof BrokenError) user.note('broken responses')
    else
      throw new BrokenError(`${isOld ? 'HTTP/1.0 ' : ''}${path} looks complete: ${response.status} ${response.digest}`)
  },
}

export const bad: readonly Scenario[] = [abort, garbage, gone, breaks]
