/** A response whose body has no end, and a promise that is fulfilled when it is cancelled. */
export function endlessResponse(type: string, length?: number) {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>()
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
    controller.enqueue(new Uint8Array(65_536).fill(0x61))
  const stream = new ReadableStream<Uint8Array>({ pull, cancel: () => resolve() })
  const headers = { 'content-type': type, ...(length !== undefined && { 'content-length': String(length) }) }
  return { response: new Response(stream, { headers }), cancelled }
}
