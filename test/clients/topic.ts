/** A topic of a real server over plain HTTP, to compare with the events that clients received. */
import type { RunningServer } from '../harness/server.ts'

export interface Position {
  epoch: string
  offset: number
}

export interface TopicEvent {
  offset: number
  type: string
  at: string
  data: Record<string, unknown>
}

export function portOf(server: RunningServer): number {
  return Number(new URL(server.url).port)
}

export async function create(server: RunningServer, title: string): Promise<void> {
  const response = await fetch(`${server.url}/api/todos`, { method: 'POST', body: JSON.stringify({ title }) })
  if (response.status !== 201) throw new Error(`POST /api/todos answered ${response.status}: ${await response.text()}`)
  await response.body?.cancel()
}

export async function createMany(server: RunningServer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => create(server, `todo ${index + 1}`)))
}

interface Page {
  data: TopicEvent[]
  position: Position
}

async function page(server: RunningServer, query = ''): Promise<Page> {
  const response = await fetch(`${server.url}/api/topics/todos/events${query}`)
  if (response.status !== 200) throw new Error(`The topic answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Page
}

export async function position(server: RunningServer): Promise<Position> {
  return (await page(server)).position
}

/** All events after a position, up to now. */
export async function eventsAfter(server: RunningServer, after: Position): Promise<TopicEvent[]> {
  const until = await position(server)
  const events: TopicEvent[] = []
  for (let { offset } = after; offset < until.offset; offset = events.at(-1)?.offset ?? until.offset) {
    events.push(...(await page(server, `?after=${offset}&epoch=${after.epoch}`)).data)
  }
  return events
}
