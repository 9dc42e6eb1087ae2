/** The methods of the protocol in one table. A method with a space in its name is an HTTP request to the app. */
import type { Call } from './call.ts'
import type { ConnectionContext } from './context.ts'
import type { PendingCall } from './in-flight.ts'
import * as limits from './limits.ts'
import type { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { bad, readParams } from './params.ts'
import type { Requests } from './requests.ts'
import type { Respond, Subscriptions } from './subscriptions.ts'

const version = 1

/** One connection, as its methods use it. */
export interface MethodContext extends ConnectionContext {
  requests: Requests
  subscriptions: Subscriptions
  memberships: Memberships
  /** Verifies a token and queues the messages received meanwhile. An invalid one ends the connection. */
  signIn(token: string, welcome: () => void, refuse: (error: unknown) => void): void
}

type Method = (context: MethodContext, call: Call) => void

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['hello', hello],
  ['echo', echo],
  ['subscribe', asynchronous((context, params, respond) => context.subscriptions.subscribe(params, respond))],
  ['unsubscribe', asynchronous((context, params, respond) => context.subscriptions.unsubscribe(params, respond))],
  ['join', asynchronous((context, params, respond) => context.memberships.join(params, respond))],
  ['update', asynchronous((context, params, respond) => context.memberships.update(params, respond))],
  ['leave', asynchronous((context, params, respond) => context.memberships.leave(params, respond))],
  ['ack', notification(({ subscriptions }, params) => subscriptions.ack(params))],
  ['cancel', notification(cancel)],
  ['ping', notification(({ sendQueue }) => sendQueue.send(sendQueue.format.pong))],
  ['pong', notification(() => {})],
])

/** @throws MessageError, AppError when the method fails */
export function run(context: MethodContext, call: Call): void {
  if (call.method.includes(' ')) {
    context.requests.ask(call)
    return
  }
  const method = methods.get(call.method)
  if (method === undefined) throw new MessageError(-32601)
  method(context, call)
}

function hello({ id: connection, host, caller, sendQueue, signIn }: MethodContext, { id, params }: Call): void {
  const { versions = [version], client = '', token = null } = readParams(params)
  if (!Array.isArray(versions) || typeof client !== 'string') throw new MessageError(-32602)
  if (!versions.includes(version))
    throw new MessageError(-32602, 'The server supports version 1 only.', { versions: [version] })
  const { messageBytesMax, requestsMax, subscriptionsMax, membershipsMax, windowMax } = limits
  const told = { messageBytesMax, requestsMax, subscriptionsMax, membershipsMax, windowMax }
  const welcome = () => {
    const user = caller.identity?.userId ?? null
    const { topics, heartbeatMs } = host
    sendQueue.respond(id, { version, connection, user, epoch: topics.epoch, heartbeatMs, limits: told })
  }
  if (token === null) welcome()
  else if (typeof token === 'string') signIn(token, welcome, (error) => sendQueue.respondFailure(id, error))
  else throw bad('token', 'must be a string')
}

/** The params go back as they came. */
function echo({ sendQueue }: MethodContext, { id, message }: Call): void {
  sendQueue.respondEncoded(id, sendQueue.format.member(message, 'params'))
}

function cancel({ inFlight, sendQueue, onResponse }: MethodContext, { id }: Readonly<Record<string, unknown>>): void {
  if (typeof id !== 'number' && typeof id !== 'string') throw bad('id', 'must be the id of a request')
  if (!inFlight.cancel(id)) return
  sendQueue.respondFailure(id, new MessageError(-32800))
  onResponse()
}

/** A method that is usually a notification. Sent as a request, it gets an empty result. */
function notification(work: (context: MethodContext, params: Readonly<Record<string, unknown>>) => void): Method {
  return (context, { id, params }) => {
    work(context, readParams(params))
    context.sendQueue.respond(id, {})
  }
}

/** A method whose response may take a while; it can be cancelled until then. */
function asynchronous(
  work: (context: MethodContext, params: Readonly<Record<string, unknown>>, respond: Respond) => Promise<void>,
): Method {
  return (context, { id, params }) => {
    const { inFlight, sendQueue, onResponse } = context
    const given = readParams(params)
    inFlight.checkRoom()
    const flight = new PendingMethod()
    inFlight.begin(id, flight)
    const end = (send: () => void): boolean => {
      if (flight.isCancelled) return false
      inFlight.end(id)
      send()
      onResponse()
      return true
    }
    const respond: Respond = (result) => end(() => sendQueue.respond(id, result))
    work(context, given, respond).catch((error) => end(() => sendQueue.respondFailure(id, error)))
  }
}

class PendingMethod implements PendingCall {
  isCancelled = false

  cancel(): void {
    this.isCancelled = true
  }
}
