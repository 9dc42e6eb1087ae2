/** Galley's protocols: HTTP, and messages in JSON and CBOR. */
import { decode } from 'cborg'
import { firstOf, type Take } from './connection.ts'
import type { WireProtocol } from './exchange.ts'
import { type Call, cborFrameOf, cborFrames, lineOf, lines, preface, throughPreface } from './message-client.ts'

/** A request to a route, in any protocol. */
export interface RouteRequest {
  method: string
  path: string
  body?: object
}

/** Ids of equal length, so that messages differ in nothing else. */
const idFirst = 1000
/** More than are in flight. */
const idsMin = 128

function callsOf(requests: readonly RouteRequest[]): Call[] {
  const count = Math.max(idsMin, requests.length)
  return Array.from({ length: count }, (_, index) => {
    const { method, path, body } = requests[index % requests.length] as RouteRequest
    const call = { id: idFirst + index, method: `${method} ${path}` }
    return body === undefined ? call : { ...call, params: { body } }
  })
}

export function textProtocol(name: string, requests: readonly RouteRequest[], status: number): WireProtocol {
  const bytes = callsOf(requests).map(lineOf)
  const parse = (message: Buffer) => JSON.parse(message.toString()) as ResponseMessage
  return { name, requests: () => bytes, listen: (answered) => lines(watcher(parse, status, answered)) }
}

export function cborProtocol(name: string, requests: readonly RouteRequest[], status: number): WireProtocol {
  const bytes = callsOf(requests).map(cborFrameOf)
  const parse = (message: Buffer) => decode(message) as ResponseMessage
  return {
    name,
    requests: () => bytes,
    async prepare(connection) {
      connection.write(preface)
      await firstOf(connection, throughPreface)
    },
    listen: (answered) => cborFrames(watcher(parse, status, answered)),
  }
}

interface ResponseMessage {
  result?: { status: number }
}

const word = 'result'

/** Parses the first response; later ones must have the success member at the same index. */
function watcher(parse: (message: Buffer) => ResponseMessage, status: number, answered: () => void) {
  let index = -1
  return (bytes: Buffer, from: number, to: number) => {
    if (index === -1) {
      if (parse(bytes.subarray(from, to)).result?.status !== status) throw failure(bytes, from, to)
      index = bytes.indexOf(word, from) - from
    }
    if (bytes[from + index] !== 0x72 || bytes[from + index + 1] !== 0x65) throw failure(bytes, from, to)
    answered()
  }
}

function failure(bytes: Buffer, from: number, to: number): Error {
  return new Error(`This is not the response: ${bytes.toString('latin1', from, Math.min(to, from + 400))}`)
}

export function httpProtocol(
  name: string,
  host: string,
  requests: readonly RouteRequest[],
  status: number,
): WireProtocol {
  const bytes = requests.map(({ method, path, body }) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const more = text === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
    return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n${text}`)
  })
  return { name, requests: () => bytes, listen: (answered) => httpResponses(status, answered) }
}

const headEnd = '\r\n\r\n'

/** Parses responses with a Content-Length. */
function httpResponses(status: number, answered: () => void): Take {
  const beginning = `HTTP/1.1 ${status} `
  return (bytes, end) => {
    let at = 0
    for (;;) {
      const head = bytes.indexOf(headEnd, at, 'latin1') + headEnd.length
      if (head < headEnd.length || head > end) return at
      const text = bytes.toString('latin1', at, head)
      const length = contentLength(text)
      if (!text.startsWith(beginning) || Number.isNaN(length)) throw failure(bytes, at, head)
      if (head + length > end) return at
      answered()
      at = head + length
    }
  }
}

const lengthName = '\r\ncontent-length: '

function contentLength(head: string): number {
  let at = head.indexOf(lengthName)
  if (at === -1) at = head.toLowerCase().indexOf(lengthName)
  return at === -1 ? Number.NaN : Number.parseInt(head.slice(at + lengthName.length, at + lengthName.length + 10), 10)
}
