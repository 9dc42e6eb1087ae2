/** Reading the body of a response or a request with each method. */
import { outcome } from './observe.ts'

/** Common to requests and responses. */
export type Holder = Request | Response

interface Reading {
  name: string
  run(make: () => Holder): unknown
}

/** A form's boundary is random. */
export function withoutBoundary(text: string): string {
  const boundary = /boundary="?([^"\s;]+)/.exec(text)?.[1] ?? /^--(\S{10,}?)(?:--)?(?:\r\n|$)/.exec(text)?.[1]
  return boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY')
}

async function formOf(holder: Holder): Promise<unknown[]> {
  const seen: unknown[] = []
  for (const [name, value] of await holder.formData()) {
    seen.push([name, typeof value === 'string' ? value : [value.name, value.type, await value.text()]])
  }
  return seen
}

async function textStreamOf(holder: Holder): Promise<unknown> {
  if (!('textStream' in holder)) return 'none'
  let text = ''
  const stream = (holder.textStream as () => ReadableStream<string>)()
  for await (const part of stream) text += part
  return withoutBoundary(text)
}

async function streamed(body: ReadableStream<Uint8Array> | null): Promise<unknown> {
  if (body === null) return null
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true })
  return withoutBoundary(text)
}

export const readers = {
  text: async (holder) => withoutBoundary(await holder.text()),
  json: async (holder) => holder.json(),
  bytes: async (holder) => describeBytes(await holder.bytes()),
  arrayBuffer: async (holder) => describeBuffer(await holder.arrayBuffer()),
  blob: async (holder) => {
    const blob = await holder.blob()
    return [blob.constructor === Blob, withoutBoundary(blob.type), withoutBoundary(await blob.text())]
  },
  formData: formOf,
  textStream: textStreamOf,
  'the stream': async (holder) => streamed(holder.body),
} satisfies Record<string, (holder: Holder) => Promise<unknown>>

function describeBytes(bytes: Uint8Array): unknown {
  const isAlone = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength
  return [bytes.constructor.name, isAlone, withoutBoundary(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))]
}

function describeBuffer(buffer: ArrayBuffer): unknown {
  return [Object.prototype.toString.call(buffer), buffer instanceof ArrayBuffer, describeBytes(new Uint8Array(buffer))]
}

const methods = ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const
const state = (holder: Holder) => [holder.bodyUsed, holder.body === null ? null : holder.body.locked]

const eachReader: Reading[] = Object.entries(readers).flatMap(([name, read]): Reading[] => [
  { name: `${name} gives the content`, run: (make) => outcome(async () => read(make())) },
  {
    name: `${name} uses the body up`,
    run: async (make) => {
      const holder = make()
      const before = holder.bodyUsed
      await outcome(async () => read(holder))
      return [before, state(holder)]
    },
  },
  {
    name: `text, then ${name}`,
    run: async (make) => {
      const holder = make()
      await holder.text()
      return outcome(async () => read(holder))
    },
  },
  {
    name: `${name}, then text once more`,
    run: async (make) => {
      const holder = make()
      await outcome(async () => read(holder))
      return outcome(async () => withoutBoundary(await holder.text()))
    },
  },
])

/** Returns whether a method throws or returns a promise that rejects. */
async function howItFails(holder: Holder, method: (typeof methods)[number]): Promise<unknown> {
  let promise: Promise<unknown>
  try {
    promise = holder[method]()
  } catch (error) {
    return `throws ${(error as Error).name} at once`
  }
  return promise.then(
    () => 'resolves',
    (error: Error) => `rejects with ${error.name}`,
  )
}

const whole: Reading[] = [
  ...methods.map(
    (method): Reading => ({
      name: `${method} on a used body rejects`,
      run: async (make) => {
        const holder = make()
        await holder.text()
        return howItFails(holder, method)
      },
    }),
  ),
  ...methods.map(
    (method): Reading => ({
      name: `${method} on a locked body rejects`,
      run: async (make) => {
        const holder = make()
        const reader = holder.body?.getReader()
        const seen = [await howItFails(holder, method), state(holder)]
        reader?.releaseLock()
        return seen
      },
    }),
  ),
  ...methods.map(
    (method): Reading => ({
      name: `${method} marks the body at once`,
      run: async (make) => {
        const holder = make()
        const pending = outcome(async () => holder[method]())
        const seen = holder.bodyUsed
        await pending
        return seen
      },
    }),
  ),
  {
    name: 'two readers in one turn',
    run: async (make) => {
      const holder = make()
      const [first, second] = await Promise.allSettled([holder.text(), holder.bytes()])
      return [first.status, second.status]
    },
  },
  { name: 'the body is null or a stream', run: (make) => Object.prototype.toString.call(make().body) },
  {
    name: 'the body is the same object each time',
    run: async (make) => {
      const holder = make()
      const { body } = holder
      const seen = [body === holder.body]
      await holder.text()
      return [...seen, body === holder.body]
    },
  },
  {
    name: 'the body of a used one is a stream that gives nothing',
    run: async (make) => {
      const holder = make()
      await holder.text()
      return [state(holder), await outcome(async () => streamed(holder.body))]
    },
  },
  {
    name: 'looking at the body does not use it',
    run: async (make) => {
      const holder = make()
      const seen = [holder.bodyUsed, state(holder)]
      return [seen, withoutBoundary(await holder.text())]
    },
  },
  {
    name: 'a body whose lock is released can be read',
    run: (make) => {
      const holder = make()
      holder.body?.getReader().releaseLock()
      return outcome(async () => withoutBoundary(await holder.text()))
    },
  },
  {
    name: 'reading one chunk uses the body',
    run: async (make) => {
      const holder = make()
      const reader = holder.body?.getReader()
      const before = holder.bodyUsed
      const first = await reader?.read()
      const during = holder.bodyUsed
      reader?.releaseLock()
      return [before, first?.value?.constructor.name, during, state(holder), await outcome(async () => holder.text())]
    },
  },
  {
    name: 'cancelling uses the body',
    run: async (make) => {
      const holder = make()
      await holder.body?.cancel()
      return [state(holder), await outcome(async () => holder.text())]
    },
  },
  {
    name: 'cancelling a used body',
    run: async (make) => {
      const holder = make()
      await holder.text()
      return outcome(async () => holder.body?.cancel())
    },
  },
  {
    name: 'a tee of the body gives the content twice',
    run: async (make) => {
      const holder = make()
      const [one, two] = holder.body?.tee() ?? [null, null]
      return [await streamed(one), await streamed(two), holder.bodyUsed]
    },
  },
  {
    name: 'a body piped through a transform',
    run: async (make) => {
      const holder = make()
      const through = holder.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>()) ?? null
      return [await streamed(through), state(holder)]
    },
  },
  {
    name: 'bytes are the reader’s own',
    run: async (make) => {
      const holder = make()
      const copy = holder.clone()
      ;(await holder.bytes()).fill(120)
      return withoutBoundary(await copy.text())
    },
  },
  {
    name: 'a clone gives the content, and so does what it was made of',
    run: async (make) => {
      const holder = make()
      const copy = holder.clone()
      return [
        state(holder),
        state(copy),
        await readers.text(holder),
        holder.bodyUsed,
        copy.bodyUsed,
        await readers.text(copy),
      ]
    },
  },
  {
    name: 'a clone of a clone, read first',
    run: async (make) => {
      const holder = make()
      const copy = holder.clone().clone()
      return [await readers.bytes(copy), await readers.arrayBuffer(holder)]
    },
  },
  {
    name: 'a clone after looking at the body',
    run: async (make) => {
      const holder = make()
      const { body } = holder
      const copy = holder.clone()
      return [typeof body, await readers.text(copy), await readers.text(holder)]
    },
  },
  {
    name: 'a clone of a used one',
    run: async (make) => {
      const holder = make()
      await holder.text()
      return outcome(() => holder.clone().bodyUsed)
    },
  },
  {
    name: 'a clone of a locked one',
    run: (make) => {
      const holder = make()
      holder.body?.getReader()
      return outcome(() => holder.clone().bodyUsed)
    },
  },
  {
    name: 'a clone of one whose first chunk is read',
    run: async (make) => {
      const holder = make()
      const reader = holder.body?.getReader()
      await reader?.read()
      reader?.releaseLock()
      return outcome(() => holder.clone().bodyUsed)
    },
  },
  {
    name: 'a clone is read while its origin is cancelled',
    run: async (make) => {
      const holder = make()
      const copy = holder.clone()
      void holder.body?.cancel()
      return [await readers.text(copy), holder.bodyUsed]
    },
  },
  {
    name: 'the content is read by way of another Response',
    run: async (make) => {
      const holder = make()
      const text = await new Response(holder.body).text()
      return [withoutBoundary(text), holder.bodyUsed]
    },
  },
]

/** Every way to read, each on a body of its own. */
export const readings: readonly Reading[] = [...eachReader, ...whole]
