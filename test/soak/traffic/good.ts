/** Traffic of clients that do nothing wrong: each of their requests has to get its right response. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Asked, asked, bytesOf, download, smallRequest, upload } from '../requests.ts'
import type { Pace } from '../response-reader.ts'
import type { Line, Scenario, SendOptions, User } from '../user.ts'
import { BrokenError } from '../wire.ts'

const mebibyte = 2 ** 20

function options({ random }: User): SendOptions {
  return random.pick<SendOptions>([{}, { cuts: 0 }, { cuts: 1 }, { cuts: 8, waitMs: 3 }, { cuts: 3, waitMs: 30 }])
}

/** After a last response comes the end, and nothing else. */
async function expectEnd({ wire }: Line): Promise<void> {
  wire.finish()
  const end = await wire.rest()
  if (end !== 'end') throw new BrokenError(`no end after a last response: ${end.message}`)
}

const keepAlive: Scenario = {
  name: 'keep-alive',
  weight: 30,
  async play(user) {
    const line = await user.open()
    const { random } = user
    for (let left = 1 + random.below(80); left > 0; left--) {
      const response = await user.exchange(line, smallRequest(random, user.nextNumber()), options(user))
      if (response.isLast) return await expectEnd(line)
      if (random.below(8) === 0) await pause(random.below(100))
    }
  },
}

const pipeline: Scenario = {
  name: 'pipeline',
  weight: 20,
  async play(user) {
    const { random } = user
    const line = await user.open()
    const all = Array.from({ length: 2 + random.below(40) }, () => smallRequest(random, user.nextNumber()))
    const whole = Buffer.concat(all.map(bytesOf))
    let isOver = false
    const [cuts, waitMs] = [random.pick([0, 0, 5, 40]), random.pick([0, 2])]
    const sent = user.send(line.wire, user.cut(whole, cuts), { waitMs }, () => isOver)
    try {
      for (const each of all) {
        const { isLast } = await user.response(line.reader, each)
        if (isLast) return
      }
    } finally {
      isOver = true
    }
    await sent
  },
}

const uploads: Scenario = {
  name: 'upload',
  weight: 4,
  async play(user) {
    const { random } = user
    const bytes = mebibyte + random.below(5 * mebibyte)
    const pace = random.pick<Pace | null>([null, null, { bytes: 128 * 1024, ms: 5 }])
    const request = upload(random, user.nextNumber(), bytes)
    await user.exchange(await user.open(), request, { waitMs: random.pick([0, 0, 2]) }, pace)
  },
}

const downloads: Scenario = {
  name: 'download',
  weight: 6,
  async play(user) {
    const { random } = user
    const paces = [null, { bytes: 64 * 1024, ms: 5 }, { bytes: 512 * 1024, ms: 100 }, { bytes: 4096, ms: 1 }]
    const pace = random.pick<Pace | null>(paces)
    const bytes = random.below((pace?.bytes === 4096 ? 1 : 8) * mebibyte)
    const line = await user.open()
    for (let left = 1 + random.below(3); left > 0; left--) {
      const { isLast } = await user.exchange(line, download(random, user.nextNumber(), bytes), {}, pace)
      if (isLast) return
    }
  },
}

/** The end of the client comes right after its requests, and they are answered all the same. */
const halfClose: Scenario = {
  name: 'half-close',
  weight: 6,
  async play(user) {
    const { random } = user
    const line = await user.open()
    const all: Asked[] = Array.from({ length: 1 + random.below(3) }, () => smallRequest(random, user.nextNumber()))
    if (random.below(4) === 0) all.push(download(random, user.nextNumber(), random.below(3 * mebibyte)))
    for (const each of all) await line.wire.send(bytesOf(each))
    line.wire.finish()
    for (const each of all) {
      const { isLast } = await user.response(line.reader, each)
      if (isLast) break
    }
    await expectEnd(line)
  },
}

const last: Scenario = {
  name: 'close',
  weight: 4,
  async play(user) {
    const { random } = user
    const line = await user.open()
    const number = user.nextNumber()
    const request = download(random, number, random.below(100_000))
    const isOld = random.below(2) === 0
    const head = isOld
      ? request.head.replace('HTTP/1.1', 'HTTP/1.0')
      : request.head.replace('\r\n', '\r\nConnection: close\r\n')
    const { isLast } = await user.exchange(line, { ...request, head }, options(user))
    if (!isLast) throw new BrokenError('the last response does not say that it is')
    await expectEnd(line)
  },
}

const expectContinue: Scenario = {
  name: '100-continue',
  weight: 6,
  async play(user) {
    const { random } = user
    const line = await user.open()
    const request = upload(random, user.nextNumber(), 1 + random.below(200_000), ['Expect: 100-continue'])
    await line.wire.send(request.head)
    if (random.below(3) === 0) await pause(random.below(20))
    else {
      const head = await line.reader.head()
      if (head.status !== 100) return await early(user, line, request, head)
    }
    await user.exchange(line, { ...request, head: '' })
  },
}

/** The response came in place of a 100: then no body is sent. */
async function early(user: User, line: Line, request: Asked, head: Parameters<Line['reader']['body']>[0]) {
  const response = await line.reader.body(head, request.method)
  const fault = request.fault(response)
  if (fault !== null) throw new BrokenError(fault)
  if (!/ \/unread /.test(request.head)) throw new BrokenError('a body that is wanted was not asked for')
  if (!response.isLast) throw new BrokenError('a body that was never asked for may still come')
  user.note('answered in place of 100')
  await expectEnd(line)
}

const simple: Scenario = {
  name: 'one GET',
  weight: 8,
  async play(user) {
    const number = user.nextNumber()
    const recipe = { path: '/json', text: JSON.stringify({ number }) }
    await user.exchange(await user.open(), asked(user.random, number, recipe))
  },
}

export const good: readonly Scenario[] = [
  keepAlive,
  pipeline,
  uploads,
  downloads,
  halfClose,
  last,
  expectContinue,
  simple,
]
