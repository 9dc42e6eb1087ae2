/**
 * Encodes and decodes messages as JSON. Events and responses, which are sent most often, are assembled around JSON
 * text that is not parsed again.
 */
import { AppError } from '../errors.ts'
import { memberText, parseJson } from '../http/json.ts'
import { isoTime } from '../iso-time.ts'
import type { TopicEvent } from '../topics/event.ts'
import type { Format } from './format.ts'
import { MessageError } from './message-error.ts'

/** Constant bytes on every transport but binary TCP, so that a runtime can reply without waking the server. */
export const pingText = '{"jsonrpc":"2.0","method":"ping"}'
export const pongText = '{"jsonrpc":"2.0","method":"pong"}'

export const jsonFormat: Format = {
  name: 'json',
  ping: pingText,
  pong: pongText,
  encode: (message) => JSON.stringify(message),
  encodeResponse(id, status, headers, json) {
    const head = `{"jsonrpc":"2.0","id":${idText(id)},"result":{"status":${status}`
    return `${head},"headers":${headers === null ? '{}' : JSON.stringify(headers)},"body":${json ?? 'null'}}}`
  },
  event: eventText,
  encodeEncoded: (id, result) => `{"jsonrpc":"2.0","id":${idText(id)},"result":${String(result ?? 'null')}}`,
  member: (message, name) => memberText(String(message), name),
  decode(message, onValues) {
    if (typeof message !== 'string') throw new MessageError(-32700)
    try {
      return parseJson(message, { onValues })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      throw new MessageError(-32700, error.message.replace('The body', 'The message'))
    }
  },
}

function idText(id: number | string): string {
  return typeof id === 'number' ? String(id) : JSON.stringify(id)
}

function eventText({ topic, offset, type, atMs, json }: TopicEvent): string {
  const head = `{"jsonrpc":"2.0","method":"event","params":{"topic":${JSON.stringify(topic)},"offset":${offset}`
  return `${head},"type":${JSON.stringify(type)},"at":"${isoTime(atMs)}","data":${json}}}`
}
