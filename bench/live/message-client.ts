/** Galley's message protocol for a load generator (docs/protocol.md). */
import { encode } from 'cborg'
import { type Take, through } from './connection.ts'
import { openWebSocket, type WebSocketClient } from './web-socket.ts'

export interface Position {
  epoch: string
  offset: number
}

/** A request, or a notification when it has no id. */
export interface Call {
  id?: number
  method: string
  params?: object
}

export function textOf({ id, method, params }: Call): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

export function lineOf(call: Call): Buffer {
  return Buffer.from(`${textOf(call)}\n`)
}

/** First bytes of a binary connection, in both directions. */
export const preface = Buffer.from([0xd9, 0xd9, 0xf7])

/** The head of a byte string whose length has four bytes. */
const byteString = 0x5a
const byteStringHeadBytes = 5

export function cborFrameOf({ id, method, params }: Call): Buffer {
  const message = encode({ jsonrpc: '2.0', method, ...(id !== undefined && { id }), ...(params && { params }) })
  const frame = Buffer.alloc(byteStringHeadBytes + message.length)
  frame[0] = byteString
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, byteStringHeadBytes)
  return frame
}

type TakeMessage = (bytes: Buffer, from: number, to: number) => void

const lf = 0x0a

export function lines(take: TakeMessage): Take {
  return (bytes, end) => {
    let at = 0
    for (;;) {
      const to = bytes.indexOf(lf, at)
      if (to === -1 || to >= end) return at
      take(bytes, at, to)
      at = to + 1
    }
  }
}

export function cborFrames(take: TakeMessage): Take {
  return (bytes, end) => {
    let at = 0
    for (;;) {
      const from = at + byteStringHeadBytes
      if (from > end) return at
      if (bytes[at] !== byteString) throw new Error('This is no frame.')
      const to = from + bytes.readUInt32BE(at + 1)
      if (to > end) return at
      take(bytes, from, to)
      at = to
    }
  }
}

/** The end of the preface, 0 when it is not there yet. */
export const throughPreface: Take = through(preface.toString('latin1'))

/** The beginning of every message; the next member shows whether it is a response. */
const beginning = '{"jsonrpc":"2.0",'.length
const letterI = 0x69

/** True for a response: its next member is `"id"`. */
export function isResponse(bytes: Buffer, from: number): boolean {
  return bytes[from + beginning + 1] === letterI
}

/** Reads the decimal number at an index. */
export function numberAt(bytes: Buffer, at: number): number {
  let value = 0
  for (let index = at; ; index++) {
    const digit = (bytes[index] as number) - 0x30
    if (digit < 0 || digit > 9) return value
    value = value * 10 + digit
  }
}

/** The index of the offset in the text of an event of a topic. */
export function offsetIndex(topic: string): number {
  return `{"jsonrpc":"2.0","method":"event","params":{"topic":${JSON.stringify(topic)},"offset":`.length
}

export function openMessageConnection(port: number, index: number): Promise<WebSocketClient> {
  return openWebSocket({ port, index, path: '/api/connect', protocol: 'galley.v1.json' })
}

interface Subscribed {
  result?: { position: Position; recovered: boolean }
}

/** Subscribes from now on, or after a position. Later events go to `onMessage`, which the caller must set in the same turn. */
export async function subscribe(client: WebSocketClient, topic: string, after?: Position): Promise<Position> {
  const response = firstMessage(client)
  client.send(textOf({ id: 1, method: 'subscribe', params: { topic, after } }))
  const { result } = JSON.parse(await response) as Subscribed
  if (!result?.recovered) throw new Error(`No subscription: ${await response}`)
  return result.position
}

export function firstMessage(client: WebSocketClient): Promise<string> {
  return new Promise((resolve) => {
    client.onMessage = (bytes, from, to) => resolve(bytes.toString('utf8', from, to))
  })
}
