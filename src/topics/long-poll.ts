import { AppError } from '../errors.ts'
import { type Reply, reply, replyWith, type SuccessReply } from '../http/reply.ts'
import type { Context } from '../request/context.ts'
import { eventText, type TopicEvent } from './event.ts'
import type { Position, Start } from './position.ts'
import type { Polled } from './route-declarations.ts'
import type { Topics } from './topics.ts'

/** The request of a long poll. */
interface Poll {
  topic: string
  after: Position | null
  expand: string | null
  /** Events at most. */
  limit: number
  waitMs: number
}

type PollReply = Reply<Polled, 200> | SuccessReply<undefined, 204>

export interface LongPolls {
  /** Responds with the next events, or with 204 when there are none in time. @throws AppError `gap`, and as `Topics.subscribe` does */
  wait(c: Context, poll: Poll): Promise<PollReply>
  /** Ends all waiting polls with 204; later polls do not wait. */
  end(): void
  /** Ends the waiting polls of this credential with 204. */
  revoke(credentialId: string): void
}

export function createLongPolls(topics: Topics): LongPolls {
  /** The functions that end the waiting polls, with the polls' credentials. */
  const waiting = new Map<() => void, string | undefined>()
  let isEnding = false

  async function wait(c: Context, { topic, after, expand, limit, waitMs }: Poll): Promise<PollReply> {
    const { identity: principal, peer } = c.env
    if (after === null) return replyEvents(c, [], await topics.position(topic, principal, expand))
    const { promise, resolve, reject } = Promise.withResolvers<readonly TopicEvent[]>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = () => resolve([])
    const take = (events: readonly TopicEvent[]) => {
      resolve(events.slice(0, limit))
      return 0
    }
    const gap = (start: Start & { recovered: false }) => reject(gapError(start))
    const caughtUp = () => {
      if (isEnding || waitMs === 0) stop()
      else timer ??= setTimeout(stop, waitMs)
    }
    const subscriber = { take, caughtUp, gap, fail: reject }
    const { start, subscription } = await topics.subscribe({ topic, principal, peer, after, expand, subscriber })
    const { signal } = c.req.raw
    try {
      if (!start.recovered) throw gapError(start)
      waiting.set(stop, principal?.credentialId)
      signal.addEventListener('abort', stop)
      subscription.resume()
      const events = await promise
      const last = events.at(-1)
      return last
        ? replyEvents(c, events, { epoch: topics.epoch, offset: last.offset })
        : replyWith(c, { status: 204, headers: noStore })
    } finally {
      clearTimeout(timer)
      waiting.delete(stop)
      signal.removeEventListener('abort', stop)
      subscription.close()
    }
  }

  return {
    wait,
    end() {
      isEnding = true
      for (const stop of waiting.keys()) stop()
    },
    revoke(credentialId) {
      for (const [stop, its] of waiting) if (its === credentialId) stop()
    },
  }
}

const noStore = { 'Cache-Control': 'no-store' }

function replyEvents(c: Context, events: readonly TopicEvent[], position: Position): PollReply {
  const list = events.map((event) => event.as(eventText)).join()
  const text = `{"data":[${list}],"position":${JSON.stringify(position)},"status":200}`
  // Serialized once for all readers of an event, so its type has to be asserted.
  return reply(c, 200, text, noStore) as Reply<Polled, 200>
}

function gapError({ reason, position }: Start & { recovered: false }): AppError {
  return new AppError('gap', undefined, { headers: noStore, more: { reason, position } })
}
