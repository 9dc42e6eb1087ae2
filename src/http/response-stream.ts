/** The connection of a peer that takes no bytes for this long is closed. */
export const writeTimeoutMs = 10_000

/** The end of a body. */
export interface StreamEnd {
  bytes: number
  /** True if it broke off, because its source failed or the peer took no more. */
  cut: boolean
  /** The failure of its source. */
  error?: unknown
}

/**
 * Passes on a body at the speed of its reader, cancels it when the reader stalls, and reports its end. A failure of the
 * source reaches the reader without its cause: the runtime only needs to break off.
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
          controller.error(new Error('The source of the response failed.'))
        }
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  )
}

/** The same response with another body. */
export function replaceBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const init: ResponseInit & { encodeBody: 'automatic' | 'manual' } = {
    status: response.status,
    headers: response.headers,
    // Keeps workerd from compressing a second time.
    encodeBody: response.headers.has('content-encoding') ? 'manual' : 'automatic',
  }
  return new Response(body as BodyInit, init)
}
