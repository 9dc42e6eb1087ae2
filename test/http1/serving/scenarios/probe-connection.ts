/** Time without a clock: a probe connection has the same limits and is closed by one of them. */
import { deepEqual } from 'node:assert/strict'
import type { FetchHandler } from '../../../../adapters/tcp/serve.ts'
import type { ScenarioContext } from '../scenario.ts'

/** So short that tests are quick, and so long that a busy machine does not reach them by itself. */
export const quickMs = 300
/** Not within a test. */
export const neverMs = 600_000

/** Resolves when a connection that was opened now has come to the end of its `headTimeoutMs`. */
export async function outlastHeadTimeout({ open }: ScenarioContext): Promise<void> {
  const probe = await open()
  probe.send('GET /')
  const { responses } = await probe.all()
  deepEqual(
    responses.map(({ status }) => status),
    [408],
  )
}

export const hello: FetchHandler = () => new Response('hello')

export function statuses(responses: readonly { status: number }[]): number[] {
  return responses.map(({ status }) => status)
}

export function bodies(responses: readonly { body: string }[]): string[] {
  return responses.map(({ body }) => body)
}

export function pathOf(request: Request): string {
  return new URL(request.url).pathname
}

/** Reports that a client disconnected before its response. */
export function reportAbort(request: Request, report: (what: string) => void): void {
  request.signal.addEventListener('abort', () => report('aborted'))
}

export function never(): Promise<Response> {
  return new Promise(() => {})
}

/** Tells whether something is over yet. */
export function isOver(promise: Promise<unknown>): () => boolean {
  let over = false
  const watch = async () => {
    await promise
    over = true
  }
  void watch().catch(() => {})
  return () => over
}
