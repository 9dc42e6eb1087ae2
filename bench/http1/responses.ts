/** The responses that every target of `bench/http1.ts` must give. */

/** 110 bytes as JSON. */
export const item = {
  id: '01KAHM4T8R5Q2Z7N3W9XVBCDEF',
  title: 'Buy milk and bread',
  completed: false,
  at: '2026-11-21T07:35:00Z',
}
export const posted = { title: 'Buy milk and bread' }
export const created = (title: string) => ({ id: 1, title })

export const chunkBytes = 64 * 1024
export const streamChunks = 16
/** One chunk of the stream; always the same object, so that creating it costs nothing. */
export const chunk = new Uint8Array(chunkBytes).fill(0x61)
/** Above the gibibyte that is uploaded, for servers with a limit. */
export const bodyBytesMax = 2 ** 31
/** Longer than any benchmark waits, for servers that close an idle connection. */
export const idleMs = 240_000
