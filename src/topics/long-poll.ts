import { AppError } from '../errors.ts'
import { reply } from '../http/reply.ts'
import type { Context } from '../request/context.ts'
import { eventText, type TopicEvent } from './event.ts'
import type { Position, Start } from './position.ts'
import type { Topics } from './topics.ts'

/** Below what proxies and servers take for a request that hangs. */
export const waitSecondsMax = 25

/** What a long poll asks for. */
export interface Poll {
  topic: string
  after: Position | null
  /** How many events it takes. */
  limit: number
  waitMs: number
}

export interface LongPolls {
  answer(c: Context, poll: Poll): Promise<Response>
  /** Answers all that wait, and from now on nobody waits. */
  end(): void
  /** Answers those that wait with this credential, with nothing. */
  revoke(credentialId: string): void
}

export function createLongPolls(topics: Topics): LongPolls {
  /** By what gives them up, whose credential they were begun with. */
  const waiting = new Map<() => void, string | undefined>()
  let isEnding = false

  async function answer(c: Context, { topic, after, limit, waitMs }: Poll): Promise<Response> {
    const { identity: principal } = c.env
    if (after === null) return answerEvents(c, [], await topics.position(topic, principal))
    const { promise, resolve, reject } = Promise.withResolvers<readonly TopicEvent[]>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const giveUp = () => resolve([])
    const take = (events: readonly TopicEvent[]) => {
      resolve(events.slice(0, limit))
      return 0
    }
    const gap = (start: Start & { recovered: false }) => reject(gapError(start))
    const caughtUp = () => {
      if (isEnding || waitMs === 0) giveUp()
      else timer ??= setTimeout(giveUp, waitMs)
    }
    const subscriber = { take, caughtUp, gap, fail: reject }
    const { start, subscription } = await topics.subscribe({ topic, principal, after, subscriber })
    const { signal } = c.req.raw
    try {
      if (!start.recovered) throw gapError(start)
      waiting.set(giveUp, principal?.credentialId)
      signal.addEventListener('abort', giveUp)
      subscription.resume()
      const events = await promise
      const last = events.at(-1)
      return last
        ? answerEvents(c, events, { epoch: topics.epoch, offset: last.offset })
        : reply(c, 204, null, uncached)
    } finally {
      clearTimeout(timer)
      waiting.delete(giveUp)
      signal.removeEventListener('abort', giveUp)
      subscription.close()
    }
  }

  return {
    answer,
    end() {
      isEnding = true
      for (const giveUp of waiting.keys()) giveUp()
    },
    revoke(credentialId) {
      for (const [giveUp, its] of waiting) if (its === credentialId) giveUp()
    },
  }
}

const uncached = { 'Cache-Control': 'no-store' }

function answerEvents(c: Context, events: readonly TopicEvent[], position: Position): Response {
  const list = events.map((event) => event.as(eventText)).join()
  return reply(c, 200, `{"data":[${list}],"position":${JSON.stringify(position)},"status":200}`, uncached)
}

function gapError({ reason, position }: Start & { recovered: false }): AppError {
  return new AppError('gap', undefined, { headers: uncached, more: { reason, position } })
}
