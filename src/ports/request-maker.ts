/** The parts of a request that a message stands for. */
export interface RequestParts {
  method: string
  /** Scheme and authority, such as `http://localhost:3000`. */
  origin: string
  /** Path and query. */
  path: string
  /** Names in lower case, and values; `host` is the first. */
  names: readonly string[]
  values: readonly string[]
  body: string | null
}

export interface MadeRequest {
  request: Request
  /** Aborts the request's signal. */
  abort(reason: Error): void
}

export type RequestMaker = (parts: RequestParts) => MadeRequest

/** Makes a request with the runtime's own class. */
export function makeNativeRequest({ method, origin, path, names, values, body }: RequestParts): MadeRequest {
  const controller = new AbortController()
  const headers = names.map((name, index): [string, string] => [name, values[index] as string])
  const request = new Request(origin + path, { method, headers, body, signal: controller.signal })
  return { request, abort: (reason) => controller.abort(reason) }
}
