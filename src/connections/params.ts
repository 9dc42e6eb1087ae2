import type { Position } from '../topics/position.ts'
import { expandLengthMax, topicLengthMax, windowDefault, windowMax } from './limits.ts'
import { MessageError } from './message-error.ts'

type Params = Readonly<Record<string, unknown>>

const none: Params = {}

/** Returns the params of a call; an empty object when absent. @throws MessageError -32602 */
export function readParams(params: unknown): Params {
  if (params === undefined) return none
  return record(params, 'params')
}

/** @throws MessageError -32602 */
export function readTopic({ topic }: Params): string {
  if (typeof topic !== 'string' || topic === '') throw bad('topic', 'must be a string')
  if (topic.length > topicLengthMax) throw bad('topic', `may have ${topicLengthMax} characters at most`)
  return topic
}

/** @throws MessageError -32602 */
export function readAfter({ after }: Params): Position | null {
  if (after === undefined || after === null) return null
  const { epoch, offset } = record(after, 'after')
  if (typeof epoch !== 'string') throw bad('after.epoch', 'must be a string')
  if (!isCount(offset)) throw bad('after.offset', 'must be an integer of 0 or more')
  return { epoch, offset }
}

/** @throws MessageError -32602 */
export function readWindow({ window = windowDefault }: Params): number {
  if (isCount(window) && window >= 1 && window <= windowMax) return window
  throw bad('window', `must be an integer from 1 to ${windowMax}`)
}

/** @throws MessageError -32602 */
export function readExpand({ expand }: Params): string | null {
  if (expand === undefined || expand === null) return null
  if (typeof expand !== 'string') throw bad('expand', 'must be a string')
  if (expand.length > expandLengthMax) throw bad('expand', `may have ${expandLengthMax} characters at most`)
  return expand
}

/** @throws MessageError -32602 */
export function readOffset({ offset }: Params): number {
  if (!isCount(offset)) throw bad('offset', 'must be an integer of 0 or more')
  return offset
}

/** @throws MessageError -32602 */
export function readName({ name }: Params): string {
  if (typeof name !== 'string') throw bad('name', 'must be a string')
  return name
}

/** @throws MessageError -32602 */
export function record(value: unknown, name: string): Params {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Params
  throw bad(name, 'must be an object')
}

export function bad(name: string, what: string): MessageError {
  return new MessageError(-32602, `${name} ${what}.`)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
