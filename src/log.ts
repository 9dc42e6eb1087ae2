import type { Problem } from './platform.ts'

/** A problem as one line of JSON: when, which request, and the error with its causes. */
export function problemLine({ error, ...request }: Problem, ms: number): string {
  return JSON.stringify({ time: new Date(ms).toISOString(), level: 'error', ...request, error: describe(error) })
}

const causesMax = 5

function describe(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : JSON.stringify(error)
  if (error.cause === undefined || depth === causesMax) return { stack: error.stack }
  return { stack: error.stack, cause: describe(error.cause, depth + 1) }
}
