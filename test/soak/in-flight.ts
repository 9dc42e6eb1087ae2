/** Counts what has begun in the app and is not over, and makes streams that are counted. */
import type { Counts } from './commands.ts'

type Bytes = Uint8Array<ArrayBuffer>

export const flight: Counts = {}

export function begin(what: string): void {
  flight[what] = (flight[what] ?? 0) + 1
}

export function over(what: string): void {
  flight[what] = (flight[what] ?? 0) - 1
  if (flight[what] === 0) delete flight[what]
}

/** An error that the app throws on purpose. */
export class IntendedError extends Error {}

export interface CountedOptions {
  /** The name in the counts. */
  path: string
  /** The next part, or null at the end. */
  next(): Bytes | null | Promise<Bytes | null>
  onOver?(): void
}

/** A stream that counts until it is read to its end, fails or is cancelled. */
export function countedStream({ path, next, onOver }: CountedOptions): ReadableStream<Bytes> {
  const what = `streams of ${path}`
  let isOver = false
  const finish = () => {
    if (isOver) return
    isOver = true
    over(what)
    onOver?.()
  }
  begin(what)
  return new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        const part = await next()
        if (isOver) return
        if (part !== null) controller.enqueue(part)
        else {
          controller.close()
          finish()
        }
      } catch (error) {
        finish()
        throw error
      }
    },
    cancel: finish,
  })
}

/** Counts until the handler has answered. */
export async function counted(path: string, handler: () => Response | Promise<Response>): Promise<Response> {
  const what = `handlers of ${path}`
  begin(what)
  try {
    return await handler()
  } finally {
    over(what)
  }
}
