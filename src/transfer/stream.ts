const encoder = new TextEncoder()

/**
 * Makes a body of texts, each of which is made when the reader asks for it. The signal tells that the reader has gone; the generator
 * then ends at its next text.
 */
export function streamOf(texts: (cancelled: AbortSignal) => AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const cancelled = new AbortController()
  const source = texts(cancelled.signal)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (cancelled.signal.aborted) return
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      cancel() {
        cancelled.abort()
        source.return(undefined).catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}
