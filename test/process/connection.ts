import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface ParsedResponse {
  status: number
  /** The head as it came. */
  head: string
  body: string
}

/** A raw TCP connection, for control over every byte that is sent and when. */
export interface Connection {
  socket: Socket
  send(text: string | Uint8Array): void
  /** The next response in full. @throws when the connection ends before it */
  response(): Promise<ParsedResponse>
  /** Resolves when both sides are done, whether in an orderly way or not. */
  closed: Promise<void>
}

export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await once(socket, 'connect')
  // A reset shows as a close before the response.
  socket.on('error', () => {})
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
  })
  return {
    socket,
    closed,
    send: (text) => void socket.write(text),
    async response() {
      for (;;) {
        const taken = takeResponse(received)
        if (taken) {
          received = taken.rest
          return taken.response
        }
        if (socket.closed) throw new Error(`The connection ended after: ${received.toString()}`)
        await Promise.race([once(socket, 'data'), closed])
      }
    },
  }
}

/** Only responses with a Content-Length, which is all that these tests ask for. */
function takeResponse(bytes: Buffer): { response: ParsedResponse; rest: Buffer<ArrayBuffer> } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const head = bytes.subarray(0, headEnd).toString()
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
  const end = headEnd + 4 + length
  if (bytes.length < end) return null
  const body = bytes.subarray(headEnd + 4, end).toString()
  return { response: { status: Number(head.slice(9, 12)), head, body }, rest: Buffer.from(bytes.subarray(end)) }
}
