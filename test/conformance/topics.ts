/** Topics over HTTP: what happened, by long poll and as a stream, and publishing. */
import { expect } from 'vitest'
import type { Reply, Send, SendOptions, Subject } from './http.ts'
import { topicFeedCases } from './topics-feed.ts'
import { topicPollCases } from './topics-poll.ts'
import { topicPublishCases } from './topics-publish.ts'
import { topicStreamCases } from './topics-stream.ts'

export function topicCases(subject: Subject): void {
  topicFeedCases(subject)
  topicPollCases(subject)
  topicPublishCases(subject)
  topicStreamCases(subject)
}

export interface Position {
  epoch: string
  offset: number
}

export interface Event {
  offset: number
  type: string
  at: string
  data: unknown
}

/** The newest position of a topic. */
export async function positionOf(send: Send, topic: string): Promise<Position> {
  const reply = await send(`GET /api/topics/${topic}/events`)
  expect(reply.status, reply.text).toBe(200)
  return pageOf(reply).position
}

/** What an answer with events says. */
export function pageOf(reply: Reply): { data: Event[]; position: Position } {
  return JSON.parse(reply.text) as { data: Event[]; position: Position }
}

export function eventsPath(topic: string, { epoch, offset }: Position, more: Record<string, string> = {}): string {
  return `/api/topics/${topic}/events?${new URLSearchParams({ after: String(offset), epoch, ...more })}`
}

/** All that came after a position; nothing is 204. */
export async function eventsAfter(send: Send, topic: string, position: Position): Promise<Event[]> {
  const reply = await send(`GET ${eventsPath(topic, position)}`)
  if (reply.status === 204) return []
  expect(reply.status, reply.text).toBe(200)
  return pageOf(reply).data
}

/** Publishes a message, whose data is null unless it has any. */
/** Hundreds at once may be more than a busy machine does in time: what it refuses for that is sent again, as a client would. */
export async function publish(send: Send, topic: string, body: object, options: SendOptions = {}): Promise<Reply> {
  for (;;) {
    const reply = await send(`POST /api/topics/${topic}/events`, { ...options, body: { data: null, ...body } })
    if (reply.status !== 503) return reply
  }
}
