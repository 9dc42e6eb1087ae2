/** A peer that takes nothing for this long is given up. */
export const writeTimeoutMs = 10_000

/** How a body ended. */
export interface StreamEnd {
  bytes: number
  /** Whether it broke off, because its source failed or nobody took the rest. */
  cut: boolean
  /** Why its source failed. */
  error?: unknown
}

/**
 * Hands on a body as it is asked for, ends it when nobody asks any more, and tells how it ended. What
 * follows a failure of the source is an error without words: the runtime only needs to break off.
 */
export function watchStream(
  body: ReadableStream<Uint8Array>,
  onEnd: (end: StreamEnd) => void,
  timeoutMs = writeTimeoutMs,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isEnded = false
  const end = (how: Omit<StreamEnd, 'bytes'>) => {
    clearTimeout(timer)
    if (!isEnded) onEnd({ bytes, ...how })
    isEnded = true
  }
  const stop = (reason: unknown) => {
    end({ cut: true })
    return reader.cancel(reason).catch(() => {})
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer)
        try {
          const { done, value } = await reader.read()
          if (isEnded) return
          if (done) {
            end({ cut: false })
            controller.close()
            return
          }
          bytes += value.byteLength
          controller.enqueue(value)
          timer = setTimeout(() => {
            controller.error(new Error('The peer takes nothing.'))
            void stop('the peer takes nothing')
          }, timeoutMs)
        } catch (error) {
          if (isEnded) return
          end({ cut: true, error })
          controller.error(new Error('The source of the answer failed.'))
        }
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  )
}
