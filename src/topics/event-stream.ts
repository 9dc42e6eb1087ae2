/**
 * Topics as server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html). The id of each event is its
 * position, so a browser's EventSource resumes by itself. Events that the client does not take stay in the log: the
 * stream buffers little and reads on when there is room.
 */

import { AppError } from '../errors.ts'
import { dataHeaders } from '../http/secure-headers.ts'
import type { Context } from '../request/context.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import { Sweep } from '../sweep.ts'
import { eventText, type TopicEvent } from './event.ts'
import type { Start } from './position.ts'
import type { Subscribe, Topics } from './topics.ts'

/** Buffered for the client; beyond it the stream waits. */
const bufferBytesMax = 64 * 1024
const tickMs = 1000
/** 15 seconds: well within the idle time-outs of proxies. */
const heartbeatTicks = 15
/** The delay before a client reconnects. */
const retryMs = 1000

export interface EventStreams {
  /** Responds with the events of a topic after a position, or from now on. @throws AppError as `Topics.subscribe` does */
  open(c: Context, request: Pick<Subscribe, 'topic' | 'after' | 'expand'>): Promise<Response>
  /** Ends all streams and refuses new ones. */
  end(): void
  /** Ends the streams of this credential. */
  revoke(credentialId: string): void
}

interface Stream {
  readonly identity: Identity | null
  beat(): void
  end(): void
}

const encoder = new TextEncoder()
const heartbeat = encoder.encode(':\n\n')

export function createEventStreams(topics: Topics, now: () => number): EventStreams {
  const streams = new Set<Stream>()
  const heartbeats = new Sweep<Stream>(tickMs, (stream) => {
    if (isExpired(stream.identity, now)) stream.end()
    else {
      stream.beat()
      heartbeats.add(stream, heartbeatTicks)
    }
  })
  let isEnding = false

  /** Serializes an event, once for all streams. */
  const frame = (event: TopicEvent) =>
    encoder.encode(`id: ${topics.epoch}:${event.offset}\ndata: ${event.as(eventText)}\n\n`)

  function add(stream: Stream): void {
    streams.add(stream)
    heartbeats.add(stream, heartbeatTicks)
  }

  function remove(stream: Stream): void {
    streams.delete(stream)
    heartbeats.delete(stream)
  }

  async function open(c: Context, request: Pick<Subscribe, 'topic' | 'after' | 'expand'>): Promise<Response> {
    if (isEnding) throw new AppError('draining')
    const { identity, peer } = c.env
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const isOpen = () => streams.has(stream)
    const finish = (error?: unknown) => {
      if (!isOpen()) return
      remove(stream)
      subscription.close()
      if (error === undefined) controller?.close()
      else controller?.error(error)
    }
    const send = (bytes: Uint8Array) => controller?.enqueue(bytes)
    const hasRoom = () => (controller?.desiredSize ?? 0) > 0
    const { start, subscription } = await topics.subscribe({
      ...request,
      principal: identity,
      peer,
      subscriber: {
        take(events) {
          let taken = 0
          for (; taken < events.length && hasRoom(); taken += 1) send((events[taken] as TopicEvent).as(frame))
          return taken
        },
        gap: (gap) => send(control('gap', gap)),
        // An error of the client's just ends the stream; the client reads it when it reconnects.
        fail: (error) => finish(error instanceof AppError && error.status < 500 ? undefined : error),
      },
    })
    if (isEnding) {
      subscription.close()
      throw new AppError('draining')
    }
    const stream: Stream = {
      identity,
      beat: () => hasRoom() && send(heartbeat),
      end: () => finish(),
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start(made) {
          controller = made
          add(stream)
          send(encoder.encode(`retry: ${retryMs}\n`))
          send(control('position', start))
          if (!start.recovered) send(control('gap', start))
          subscription.resume()
        },
        pull: () => subscription.resume(),
        cancel: () => {
          remove(stream)
          subscription.close()
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bufferBytesMax }),
    )
    return new Response(body, { headers: streamHeaders })
  }

  return {
    open,
    end() {
      isEnding = true
      for (const stream of streams) stream.end()
    },
    revoke(credentialId) {
      for (const stream of streams) if (stream.identity?.credentialId === credentialId) stream.end()
    },
  }
}

/** `X-Accel-Buffering` keeps a proxy from delaying events. */
const streamHeaders = {
  ...dataHeaders,
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
}

function control(name: 'position' | 'gap', { position, ...rest }: Start): Uint8Array {
  const { epoch, offset } = position
  return encoder.encode(
    `id: ${epoch}:${offset}\nevent: ${name}\ndata: ${JSON.stringify({ epoch, offset, ...rest })}\n\n`,
  )
}
