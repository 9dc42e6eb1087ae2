/** Time without a clock: a witness lives through the same limits and comes to its end by one of them. */
import { deepEqual } from 'node:assert/strict'
import type { FetchHandler } from '../../../../adapters/tcp/serve.ts'
import type { Stage } from '../scenario.ts'

/** So short that tests are quick, and so long that a busy machine does not reach them by itself. */
export const quickMs = 300
/** Not within a test. */
export const neverMs = 600_000

/** Resolves when a connection that was opened now has come to the end of its `headTimeoutMs`. */
export async function outlastHeadTimeout({ open }: Stage): Promise<void> {
  const witness = await open()
  witness.send('GET /')
  const { answers } = await witness.all()
  deepEqual(
    answers.map(({ status }) => status),
    [408],
  )
}

export const hello: FetchHandler = () => new Response('hello')

export function statuses(answers: readonly { status: number }[]): number[] {
  return answers.map(({ status }) => status)
}

export function bodies(answers: readonly { body: string }[]): string[] {
  return answers.map(({ body }) => body)
}

export function pathOf(request: Request): string {
  return new URL(request.url).pathname
}

/** Tells of the end of a request that its client does not wait for. */
export function tellAbort(request: Request, tell: (what: string) => void): void {
  request.signal.addEventListener('abort', () => tell('aborted'))
}

export function never(): Promise<Response> {
  return new Promise(() => {})
}

/** Says whether something is over yet. */
export function isOver(promise: Promise<unknown>): () => boolean {
  let over = false
  const watch = async () => {
    await promise
    over = true
  }
  void watch().catch(() => {})
  return () => over
}
