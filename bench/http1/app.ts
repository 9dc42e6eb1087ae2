/** The Hono app that every target with Hono serves. */
import { Hono } from 'hono'
import { chunk, created, item, type posted, streamChunks } from './responses.ts'

export const app = new Hono()

app.get('/json', (c) => c.json(item))

app.post('/json', async (c) => {
  const { title } = await c.req.json<typeof posted>()
  return c.json(created(title), 201)
})

app.get('/stream', (c) => c.body(streamOfChunks()))

app.post('/sink', async (c) => c.text(String(await countBytes(c.req.raw.body))))

export function streamOfChunks(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = streamChunks
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk)
      left--
      if (left === 0) controller.close()
    },
  })
}

export async function countBytes(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0
  if (body === null) return bytes
  for await (const part of body) bytes += part.byteLength
  return bytes
}
