/** The memory of the server without connections. */
import { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { HttpConnection } from '../../src/http1/http-connection.ts'
import { IncomingBody } from '../../src/http1/incoming-body.ts'
import { LightRequest } from '../../src/http1/light-request.ts'
import { StreamSender } from '../../src/http1/stream-sender.ts'
import type { Counts, Memory } from './commands.ts'

/** Garbage found by one collection may keep more alive until the next. */
const collections = 5
const classes = { HttpConnection, LightRequest, IncomingBody, StreamSender, Socket }

export async function measure(): Promise<Memory> {
  for (let left = collections; left > 0; left--) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await turn()
  }
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage()
  return { heapUsed, rss, arrayBuffers, objects: countObjects(), resources: countResources() }
}

function countObjects(): Counts {
  const counts = Object.entries(classes).map(([name, each]) => [name, queryObjects(each, { format: 'count' })])
  return Object.fromEntries(counts)
}

function countResources(): Counts {
  const counts: Counts = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
