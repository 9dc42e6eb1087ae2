/** The methods of the protocol, one table; whatever has a blank in its name is a request to the app. */
import type { Call } from './call.ts'
import type { Caller } from './caller.ts'
import type { Flight, InFlight } from './in-flight.ts'
import * as limits from './limits.ts'
import type { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { bad, readParams } from './params.ts'
import type { Requests } from './requests.ts'
import type { SendQueue } from './send-queue.ts'
import type { Respond, Subscriptions } from './subscriptions.ts'

const version = 1

/** What the methods of one session work on. */
export interface Dependencies {
  id: string
  epoch(): string
  heartbeatMs: number
  outbox: SendQueue
  inFlight: InFlight
  requests: Requests
  subscriptions: Subscriptions
  memberships: Memberships
  visitor: Caller
  /** Finds out who shows a token; what comes meanwhile waits. Where it is none, the session ends. */
  signIn(token: string, welcome: () => void, refuse: (error: unknown) => void): void
  /** One more has its answer. */
  onAnswer(): void
}

type Method = (parts: Dependencies, call: Call) => void

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['hello', hello],
  ['echo', ({ outbox }, { id, params = null }) => outbox.answer(id, params)],
  ['subscribe', later((parts, params, answer) => parts.subscriptions.subscribe(params, answer))],
  ['unsubscribe', later((parts, params, answer) => parts.subscriptions.unsubscribe(params, answer))],
  ['join', later((parts, params, answer) => parts.memberships.join(params, answer))],
  ['update', later((parts, params, answer) => parts.memberships.update(params, answer))],
  ['leave', later((parts, params, answer) => parts.memberships.leave(params, answer))],
  ['ack', notice(({ subscriptions }, params) => subscriptions.ack(params))],
  ['cancel', notice(cancel)],
  ['ping', notice(({ outbox }) => outbox.send(outbox.format.pong))],
  ['pong', notice(() => {})],
])

/** @throws MessageError, AppError when it can't be done */
export function run(parts: Dependencies, call: Call): void {
  const method = call.method.includes(' ') ? ask : methods.get(call.method)
  if (method === undefined) throw new MessageError(-32601)
  method(parts, call)
}

function ask({ requests }: Dependencies, call: Call): void {
  requests.ask(call)
}

function hello({ id: session, epoch, heartbeatMs, visitor, outbox, signIn }: Dependencies, { id, params }: Call): void {
  const { versions = [version], client = '', token = null } = readParams(params)
  if (!Array.isArray(versions) || typeof client !== 'string') throw new MessageError(-32602)
  if (!versions.includes(version))
    throw new MessageError(-32602, 'Only version 1 is spoken here.', { versions: [version] })
  const { messageBytesMax, requestsMax, subscriptionsMax, membershipsMax, windowMax } = limits
  const told = { messageBytesMax, requestsMax, subscriptionsMax, membershipsMax, windowMax }
  const welcome = () => {
    const user = visitor.identity?.userId ?? null
    outbox.answer(id, { version, session, user, epoch: epoch(), heartbeatMs, limits: told })
  }
  if (token === null) welcome()
  else if (typeof token === 'string') signIn(token, welcome, (error) => outbox.fail(id, error))
  else throw bad('token', 'must be a text')
}

function cancel({ inFlight, outbox, onAnswer }: Dependencies, { id }: Readonly<Record<string, unknown>>): void {
  if (typeof id !== 'number' && typeof id !== 'string') throw bad('id', 'must be that of a request')
  if (!inFlight.cancel(id)) return
  outbox.fail(id, new MessageError(-32800))
  onAnswer()
}

/** A method that is told and not asked. Whoever asks all the same hears that it is done. */
function notice(work: (parts: Dependencies, params: Readonly<Record<string, unknown>>) => void): Method {
  return (parts, { id, params }) => {
    work(parts, readParams(params))
    parts.outbox.answer(id, {})
  }
}

/** A method whose answer may take a while, and which can be cancelled until then. */
function later(
  work: (parts: Dependencies, params: Readonly<Record<string, unknown>>, answer: Respond) => Promise<void>,
): Method {
  return (parts, { id, params }) => {
    const { inFlight, outbox, onAnswer } = parts
    const given = readParams(params)
    inFlight.checkRoom()
    const flight = new Later()
    inFlight.begin(id, flight)
    const end = (send: () => void): boolean => {
      if (flight.isCancelled) return false
      inFlight.end(id)
      send()
      onAnswer()
      return true
    }
    const answer: Respond = (result) => end(() => outbox.answer(id, result))
    work(parts, given, answer).catch((error) => end(() => outbox.fail(id, error)))
  }
}

class Later implements Flight {
  isCancelled = false

  cancel(): void {
    this.isCancelled = true
  }
}
