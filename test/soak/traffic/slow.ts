/** Clients that take longer than they may: each is cut off, and not much later than it should. */
import { setTimeout as pause } from 'node:timers/promises'
import { limits, slackMs } from '../limits.ts'
import { asked, bytesOf, smallRequest } from '../requests.ts'
import type { Line, Scenario, User } from '../user.ts'
import { BrokenError } from '../wire.ts'

type Slowness = (user: User, line: Line) => Promise<void>

const dripMs = 100

/** Sends a byte again and again until the server has had enough. */
async function drip({ wire }: Line, byte: string): Promise<void> {
  const over = wire.rest().then(() => 'over')
  while ((await Promise.race([over, pause(dripMs)])) !== 'over') await wire.send(byte)
}

const ways: Record<string, { limitMs: number; play: Slowness }> = {
  'a head that drips': {
    limitMs: limits.headTimeoutMs,
    async play(_, line) {
      await line.wire.send('GET / HTTP/1.1\r\nHost: soak.example\r\nX: ')
      await drip(line, 'x')
    },
  },
  'no request': {
    limitMs: limits.headTimeoutMs,
    async play(_, { wire }) {
      await wire.rest()
    },
  },
  'a body that drips': {
    limitMs: limits.bodyIdleTimeoutMs,
    async play({ random, nextNumber }, line) {
      const { head } = asked(random, nextNumber(), { method: 'POST', path: random.pick(['/hash', '/whole', '/echo']) })
      await line.wire.send(head.replace('\r\n\r\n', '\r\nContent-Length: 99999\r\n\r\n'))
      await drip(line, 'x')
    },
  },
  'a body that stops': {
    limitMs: limits.bodyIdleTimeoutMs,
    async play({ random, nextNumber }, { wire }) {
      const request = asked(random, nextNumber(), { method: 'POST', path: '/hash', bytes: 50_000 })
      await wire.send(bytesOf(request).subarray(0, 1000 + random.below(49_000)))
      await wire.rest()
    },
  },
  'no next request': {
    limitMs: limits.keepAliveTimeoutMs,
    async play(user, line) {
      const { isLast } = await user.exchange(line, smallRequest(user.random, user.nextNumber()))
      if (!isLast && (await line.wire.rest()) !== 'end') throw new BrokenError('an idle connection was reset')
    },
  },
  'a response that is not read': {
    limitMs: limits.writeTimeoutMs,
    async play({ random, nextNumber }, { wire }) {
      const path = random.pick(['/stream', '/sized'])
      await wire.send(asked(random, nextNumber(), { path: `${path}?bytes=${32 * 2 ** 20}` }).head)
      wire.pause()
      await pause(limits.writeTimeoutMs + 2000)
      let bytes = 0
      try {
        for (let part = await wire.read(); part !== null; part = await wire.read()) bytes += part.length
      } catch {}
      if (bytes >= 32 * 2 ** 20)
        throw new BrokenError(`waited for a client that read nothing, then sent ${bytes} bytes`)
    },
  },
}

export const slow: readonly Scenario[] = Object.entries(ways).map(([name, { limitMs, play }]) => ({
  name,
  weight: 1,
  async play(user) {
    const line = await user.open()
    const beganMs = performance.now()
    await play(user, line)
    const tookMs = performance.now() - beganMs
    if (tookMs > limitMs + slackMs) throw new BrokenError(`${name} lasted ${Math.round(tookMs)} ms`)
  },
}))
