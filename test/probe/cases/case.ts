/** The form of a case, and functions that make the usual ones. */
import type { Check } from '../checks.ts'

export interface Expected {
  statuses: readonly number[]
  checks?: readonly Check[]
  /** Requires or allows a 100 (Continue) before it; without this none may come. */
  continues?: 'must' | 'may'
}

/**
 * The connection after the last response. `open`: a plain request that follows is served.
 * `closed`: the server closes. `either`: one or the other. `any`: nothing can be asked; no further response may come.
 */
export type After = 'open' | 'closed' | 'either' | 'any'

/** One way that is right. No responses and `closed` is a close without a response. */
export interface Outcome {
  responses: readonly Expected[]
  after: After
  /** The RFC leaves a server this choice, but the probe does not. */
  lenient?: boolean
}

/**
 * `whole`: one write. `bytewise`: a write for each byte. `half-close`: one write, then no more from the client.
 * `reads-late`: nothing is read before all is written. `after-answer`: the second part waits for a response to the
 * first, a 100 (Continue) included. `after-pause`: the same, but after the quiet time it is sent without one.
 */
type How = 'whole' | 'bytewise' | 'half-close' | 'reads-late' | 'after-answer' | 'after-pause'

export interface Case {
  slug: string
  title: string
  /** An RFC and its section, `9112 §3.2`. */
  section: string
  /** One character a byte; `{host}` stands for the probed host and port. Two parts where `how` speaks of two. */
  send: readonly string[]
  how: How
  /** Any of these is right. */
  outcomes: readonly Outcome[]
  /** The indexes of the responses to HEAD. */
  heads: readonly number[]
  needsEcho: boolean
  /** The RFC lets a server accept this; the probe does not, for leniency is how requests are smuggled. */
  stricter: boolean
}

export interface Topic {
  name: string
  cases: readonly Case[]
}

export const fromHost = 'Host: {host}\r\n'
/** Follows a request in the same write: a response to it after an error shows that it was executed. */
export const next = `GET /next HTTP/1.1\r\n${fromHost}\r\n`
/** Lies inside a body; the Host is fixed so that its length is. */
export const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n'

/** A request head: its first line, then Host and the given field lines. */
export function head(line: string, ...fields: readonly string[]): string {
  return `${line}\r\n${fromHost}${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

export const get = (...fields: readonly string[]) => head('GET / HTTP/1.1', ...fields)
export const post = (...fields: readonly string[]) => head('POST / HTTP/1.1', ...fields)
export const echo = (...fields: readonly string[]) => head('POST /echo-body HTTP/1.1', ...fields)

export const closedSilently: Outcome = { responses: [], after: 'closed' }

type Rest = Partial<Omit<Case, 'slug' | 'says' | 'outcomes'>>

function complete(slug: string, section: string, title: string, send: string, rest: Rest): Omit<Case, 'outcomes'> {
  const needsEcho = send.includes('/echo-body')
  return { slug, section, title, send: [send], how: 'whole', heads: [], needsEcho, stricter: false, ...rest }
}

/** The general form: the outcomes are spelled out. */
export function allows(
  slug: string,
  section: string,
  title: string,
  send: string,
  outcomes: readonly Outcome[],
  rest: Rest = {},
): Case {
  return { ...complete(slug, section, title, send, rest), outcomes }
}

export interface Served extends Rest {
  statuses?: readonly number[]
  checks?: readonly Check[]
  after?: After
}

/** One response, 200 by default, and the connection continues by default. */
export function serves(slug: string, section: string, title: string, send: string, served: Served = {}): Case {
  const { statuses = [200], checks = [], after = 'open', ...rest } = served
  return allows(slug, section, title, send, [{ responses: [{ statuses, checks }], after }], rest)
}

export interface Refused extends Rest {
  statuses?: readonly number[]
  /** True when the RFC lets the server close without a response. */
  silent?: boolean
  /** Statuses that are not the right ones but do no harm. */
  lenientStatuses?: readonly number[]
  /** The end of the request is beyond doubt, so the RFC would let the connection continue. */
  keepable?: boolean
  /** False where the bytes that follow would be taken as part of what is refused. */
  followed?: boolean
}

/** One error, 400 by default, the connection closed, and the request that follows in the same write never executed. */
export function refuses(slug: string, section: string, title: string, send: string, refused: Refused = {}): Case {
  const { statuses = [400], silent = false, lenientStatuses = [], keepable = false, followed = true, ...rest } = refused
  const kept: Outcome = { responses: [{ statuses }, { statuses: [200, 404] }], after: 'either', lenient: true }
  const outcomes: Outcome[] = [
    { responses: [{ statuses }], after: 'closed' },
    { responses: [{ statuses: lenientStatuses }], after: 'closed', lenient: true },
    ...(silent ? [closedSilently] : []),
    ...(keepable ? [kept] : []),
  ]
  return allows(slug, section, title, followed ? send + next : send, outcomes, rest)
}
