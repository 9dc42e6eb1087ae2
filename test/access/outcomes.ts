/** The declared outcomes of an action, and the callers that get each. */
import { type AskerName, askerNames } from './people.ts'
import type { Observed } from './request-transports.ts'

/**
 * A status; `hidden`, a 404 equal to that of a row that does not exist; for lists `seen` and
 * `unseen`, which are 200 with the row and without.
 */
export type Outcomes = Readonly<Partial<Record<number | 'hidden' | 'seen' | 'unseen', readonly AskerName[]>>>

export const anonymous = ['anonymous'] as const
export const foreign = ['foreignKey', 'adminForeignKey'] as const
export const people = ['other', 'editor', 'owner', 'admin'] as const
export const keys = ['foreignKey', 'readingKey', 'fullKey', 'adminForeignKey'] as const
export const known = askerNames.filter((name) => name !== 'anonymous')
export const everyone = askerNames

/** The outcome of each, by name. */
export function byAsker(outcomes: Outcomes): Record<string, string> {
  const pairs = Object.entries(outcomes).flatMap(([outcome, names = []]) =>
    names.map((name) => [name, outcome] as const),
  )
  return Object.fromEntries(pairs)
}

/** The callers that have no outcome, or two. */
export function unclear(outcomes: Outcomes): string[] {
  const named = Object.values(outcomes).flat()
  return askerNames.filter((name) => named.filter((each) => each === name).length !== 1)
}

/** The outcome of a request for one thing, compared with a request for something that does not exist. */
export function outcomeOf(observed: Observed, missing: Observed | null, secret: string | null): string {
  const { status } = observed
  if (status >= 400 && secret !== null && JSON.stringify(observed).includes(secret)) return `${status} that leaks`
  if (status !== 404 || missing === null) return String(status)
  return JSON.stringify(observed) === JSON.stringify(missing) ? 'hidden' : '404 with details'
}
