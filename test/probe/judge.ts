/** Decides whether a case accepts the observed outcome. */

import type { After, Case, Expected, Outcome } from './cases/case.ts'
import type { Seen } from './exchange.ts'
import { type Fault, faultOf } from './fault.ts'
import { type Answer, valuesOf } from './responses.ts'

export interface Verdict {
  passed: boolean
  /** Passed, or what was seen is a choice that the RFC leaves to a server. */
  legal: boolean
  fault: Fault | null
  /** In words, for people. */
  expected: string
  seen: string
}

const endWords = { closed: 'closed', next: 'stays open', open: 'does not close' }
const afterWords: Record<After, string> = { open: 'stays open', closed: 'closed', either: 'open or closed', any: '' }

export function judge({ outcomes, stricter }: Case, seen: Seen): Verdict {
  const strict = outcomes.filter(({ lenient = false }) => !lenient)
  const misses = strict.map((outcome) => missOf(outcome, seen))
  const passed = misses.includes(null)
  const legal = passed || stricter || outcomes.some((outcome) => isLegally(outcome, seen))
  // Of outcomes that were all missed, the most telling is the one that was missed by a detail.
  const detail = passed ? null : (misses.find((text) => text !== '') ?? null)
  return {
    passed,
    legal,
    fault: passed ? null : faultOf(strict, seen),
    expected: strict.map(outcomeWords).join(' | '),
    seen: seenWords(seen) + (detail ? `: ${detail}` : ''),
  }
}

/** A server may end a connection that need not end, if it says so (RFC 9112 §9.6). */
function isLegally(outcome: Outcome, seen: Seen): boolean {
  const last = seen.answers.at(-1)
  const closesAsSaid = last !== undefined && valuesOf(last, 'connection').includes('close')
  const after = closesAsSaid && outcome.after === 'open' ? 'either' : outcome.after
  return missOf({ ...outcome, after }, seen) === null
}

/** Null when it is this outcome; empty when it is not even near. */
function missOf({ answers, after }: Outcome, seen: Seen): string | null {
  if (seen.answers.length !== answers.length) return seen.problem ?? ''
  if (!answers.every(({ statuses }, index) => statuses.includes(seen.answers[index]?.status ?? 0))) return ''
  if (seen.problem !== null) return seen.problem
  const end = { open: ['next'], closed: ['closed'], either: ['next', 'closed'], any: ['open', 'closed'] }[after]
  if (!end.includes(seen.end)) return ''
  for (const [index, answer] of seen.answers.entries()) {
    const fault = answerFault(answers[index] ?? { statuses: [] }, answer, seen.answers)
    if (fault !== null) return fault
  }
  return null
}

function answerFault({ checks = [], continues }: Expected, answer: Answer, all: readonly Answer[]): string | null {
  const continued = answer.interim.includes(100)
  if (continued && continues === undefined) return '100 where none is due'
  if (!continued && continues === 'must') return 'no 100 before it'
  return checks.map((check) => check(answer, all)).find((fault) => fault !== null) ?? null
}

function seenWords({ answers, end }: Seen): string {
  return `${answers.map(({ status }) => status).join(' ') || 'no answer'}, ${endWords[end]}`
}

function outcomeWords({ answers, after }: Outcome): string {
  const statuses = answers.map((answer) => answer.statuses.join('/')).join(' ') || 'no answer'
  return [statuses, afterWords[after]].filter((words) => words !== '').join(', ')
}
