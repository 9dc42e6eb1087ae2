/** Routes that record the behaviour of their clients, and report it afterwards. */
import { Hono } from 'hono'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import type { Context, Env } from '../../src/request/context.ts'

/** Must appear in no response. */
const secret = 'the-password-is-swordfish'

/** The events of one call; each promise resolves when its event happens. */
interface Call {
  /** The handler runs, or its stream was asked for bytes. */
  begun: Event
  /** Its request's signal was aborted. */
  aborted: Event
  /** Reading its body ended: with an error or in full. */
  ended: Event
  /** Its stream was cancelled. */
  cancelled: Event
}

interface Event {
  happen(detail?: string): void
  happened: Promise<string>
  /** True once it has happened. */
  has: boolean
}

function event(): Event {
  const { promise, resolve } = Promise.withResolvers<string>()
  const made: Event = {
    happened: promise,
    has: false,
    happen(detail = 'yes') {
      made.has = true
      resolve(detail)
    },
  }
  return made
}

const known = new Map<string, Call>()

/** The call of that name, whether it has begun or is still to come. */
function callOf(name: string): Call {
  const call = known.get(name) ?? { begun: event(), aborted: event(), ended: event(), cancelled: event() }
  known.set(name, call)
  return call
}

function begin(c: Context): Call {
  const call = callOf(c.req.param('name') ?? '')
  const { signal } = c.req.raw
  signal.addEventListener('abort', () => call.aborted.happen())
  return call
}

/**
 * `GET /api/calls/NAME/saw/EVENT` answers when it has happened, and `…/has/EVENT` at once. The others
 * make calls of that name.
 */
export const calls = collection('calls', {
  access: 'open',
  fields: { note: field.text() },
  routes: () =>
    new Hono<Env>()
      .get('/:name/saw/:event', async (c) => {
        const call = callOf(c.req.param('name'))
        return c.text(await call[c.req.param('event') as keyof Call].happened)
      })
      .get('/:name/has/:event', (c) => {
        const call = callOf(c.req.param('name'))
        return c.json(call[c.req.param('event') as keyof Call].has)
      })
      .post('/:name/body', async (c) => {
        const call = begin(c)
        call.begun.happen()
        await c.req.raw.arrayBuffer().then(
          () => call.ended.happen('whole'),
          () => call.ended.happen('broken'),
        )
        return c.text('read')
      })
      .post('/:name/chunks', async (c) => {
        const call = begin(c)
        await readChunks(c.req.raw, call).then(
          () => call.ended.happen('whole'),
          () => call.ended.happen('broken'),
        )
        return c.text('read')
      })
      .get('/:name/wait', async (c) => {
        const call = begin(c)
        call.begun.happen()
        await call.aborted.happened
        return c.text('too late')
      })
      .get('/:name/stream', (c) => {
        const call = begin(c)
        return c.body(endless(call))
      })
      .get('/:name/break', (c) => c.body(breaking(callOf(c.req.param('name')))))
      .get('/:name/throw', () => {
        throw new Error(secret)
      }),
})

async function readChunks({ body }: Request, { begun }: Call): Promise<void> {
  for await (const _ of body ?? []) begun.happen()
}

const chunk = new Uint8Array(16 * 1024).fill(97)

/** An endless stream. */
function endless({ begun, cancelled }: Call): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      begun.happen()
      controller.enqueue(chunk)
    },
    cancel: () => cancelled.happen(),
  })
}

/** Some bytes, and then an internal error. */
function breaking({ begun }: Call): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false
  return new ReadableStream({
    pull(controller) {
      begun.happen()
      if (sent) controller.error(new Error(secret))
      else controller.enqueue(chunk)
      sent = true
    },
  })
}
