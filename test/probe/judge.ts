/** Decides whether a case accepts the observed outcome. */

import type { After, Case, Expected, Outcome } from './cases/case.ts'
import type { Seen } from './exchange.ts'
import { type Fault, faultOf } from './fault.ts'
import { type ParsedResponse, valuesOf } from './responses.ts'

export interface Judgement {
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

export function judge({ outcomes, stricter }: Case, seen: Seen): Judgement {
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

/** A server may end any connection with Connection: close (RFC 9112 §9.6). */
function isLegally(outcome: Outcome, seen: Seen): boolean {
  const last = seen.responses.at(-1)
  const closesAsSaid = last !== undefined && valuesOf(last, 'connection').includes('close')
  const after = closesAsSaid && outcome.after === 'open' ? 'either' : outcome.after
  return missOf({ ...outcome, after }, seen) === null
}

/** Null when it is this outcome; empty when it is not even near. */
function missOf({ responses, after }: Outcome, seen: Seen): string | null {
  if (seen.responses.length !== responses.length) return seen.problem ?? ''
  if (!responses.every(({ statuses }, index) => statuses.includes(seen.responses[index]?.status ?? 0))) return ''
  if (seen.problem !== null) return seen.problem
  const end = { open: ['next'], closed: ['closed'], either: ['next', 'closed'], any: ['open', 'closed'] }[after]
  if (!end.includes(seen.end)) return ''
  for (const [index, response] of seen.responses.entries()) {
    const fault = responseFault(responses[index] ?? { statuses: [] }, response, seen.responses)
    if (fault !== null) return fault
  }
  return null
}

function responseFault(
  { checks = [], continues }: Expected,
  response: ParsedResponse,
  all: readonly ParsedResponse[],
): string | null {
  const continued = response.interim.includes(100)
  if (continued && continues === undefined) return '100 where none is due'
  if (!continued && continues === 'must') return 'no 100 before it'
  return checks.map((check) => check(response, all)).find((fault) => fault !== null) ?? null
}

function seenWords({ responses, end }: Seen): string {
  return `${responses.map(({ status }) => status).join(' ') || 'no response'}, ${endWords[end]}`
}

function outcomeWords({ responses, after }: Outcome): string {
  const statuses = responses.map((response) => response.statuses.join('/')).join(' ') || 'no response'
  return [statuses, afterWords[after]].filter((words) => words !== '').join(', ')
}
