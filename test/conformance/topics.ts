/** Topics over HTTP: events by long poll and as a stream, and publishing. */
import { expect } from 'vitest'
import type { Reply, Send, SendOptions, Subject } from './http.ts'
import { topicAccessCases } from './topics-access.ts'
import { topicExpandCases } from './topics-expand.ts'
import { topicFeedCases } from './topics-feed.ts'
import { topicHistoryCases } from './topics-history.ts'
import { topicPollCases } from './topics-poll.ts'
import { topicPublishCases } from './topics-publish.ts'
import { topicStreamCases } from './topics-stream.ts'

export function topicCases(subject: Subject): void {
  topicAccessCases(subject)
  topicExpandCases(subject)
  topicFeedCases(subject)
  topicHistoryCases(subject)
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

/** The body of a response with events. */
export function pageOf(reply: Reply): { data: Event[]; position: Position } {
  return JSON.parse(reply.text) as { data: Event[]; position: Position }
}

export function eventsPath(topic: string, { epoch, offset }: Position, more: Record<string, string> = {}): string {
  return `/api/topics/${topic}/events?${new URLSearchParams({ after: String(offset), epoch, ...more })}`
}

/** The events after a position; none is 204. */
export async function eventsAfter(send: Send, topic: string, position: Position): Promise<Event[]> {
  const reply = await send(`GET ${eventsPath(topic, position)}`)
  if (reply.status === 204) return []
  expect(reply.status, reply.text).toBe(200)
  return pageOf(reply).data
}

/** Publishes a message, whose data is null unless it has any. */
/** The size of a batch that a busy machine handles in time, without load shedding. */
const batchSize = 32

/** Publishes in batches. */
export async function publishMany(send: Send, topic: string, bodies: readonly object[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += batchSize) {
    const batch = bodies.slice(start, start + batchSize).map((body) => publish(send, topic, body))
    for (const { status } of await Promise.all(batch)) expect(status).toBe(201)
  }
}

export function publish(send: Send, topic: string, body: object, options: SendOptions = {}): Promise<Reply> {
  return send(`POST /api/topics/${topic}/events`, { ...options, body: { data: null, ...body } })
}
