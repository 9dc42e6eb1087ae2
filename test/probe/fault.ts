/** In what way a server missed every outcome that a case accepts. */
import type { Outcome } from './cases/case.ts'
import type { Seen } from './exchange.ts'

export const faults = [
  'serves what has to be refused',
  'refuses what has to be served',
  'answers with another status',
  'answers what is no request, or after a close',
  'does not answer',
  'keeps a connection that has to end, or ends one that has to stay',
  'answers in bad form',
  'changes its outcome when the bytes come one at a time',
] as const

export type Fault = (typeof faults)[number]

export function faultOf(outcomes: readonly Outcome[], { responses, end }: Seen): Fault {
  for (const [index, { status }] of responses.entries()) {
    const accepted = outcomes.flatMap((outcome) => outcome.responses[index]?.statuses ?? [])
    if (accepted.length === 0) return 'answers what is no request, or after a close'
    if (accepted.includes(status)) continue
    if (status < 400) return 'serves what has to be refused'
    return accepted.some((other) => other < 400) ? 'refuses what has to be served' : 'answers with another status'
  }
  const inNumber = outcomes.filter((outcome) => outcome.responses.length === responses.length)
  if (inNumber.length === 0) return 'does not answer'
  const ends = { open: 'next', closed: 'closed', either: 'next', any: end }
  const isInForm = inNumber.every(({ after }) => ends[after] !== end && !(after === 'either' && end === 'closed'))
  if (!isInForm) return 'answers in bad form'
  return responses.length === 0 ? 'does not answer' : 'keeps a connection that has to end, or ends one that has to stay'
}
