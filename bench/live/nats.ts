/** Publishing to NATS JetStream, as its protocol has it. */
import { type Connection, firstOf, type Take, through } from './connection.ts'
import type { WireProtocol } from './exchange.ts'

const stream = 'EVENTS'
const subject = 'events'
const crlf = '\r\n'

/** A publisher of JetStream: each message names where its acknowledgement goes. */
export function natsProtocol(name: string, data: string): WireProtocol {
  const inbox = (client: number) => `_INBOX.${client}`
  return {
    name,
    requests: (client) => [Buffer.from(`PUB ${subject} ${inbox(client)} ${data.length}\r\n${data}\r\n`)],
    async prepare(connection, client) {
      await firstOf(connection, through(crlf))
      connection.write(`CONNECT {"verbose":false}\r\nSUB ${inbox(client)} 1\r\nPING\r\n`)
      await firstOf(connection, through(`PONG${crlf}`))
    },
    listen: natsMessages,
  }
}

/** Makes the stream, in a file, that the messages go to. */
export async function createStream(connection: Connection): Promise<void> {
  const config = JSON.stringify({ name: stream, subjects: [subject], storage: 'file', num_replicas: 1 })
  await firstOf(connection, through(crlf))
  const request = `PUB $JS.API.STREAM.CREATE.${stream} _INBOX.made ${config.length}\r\n${config}\r\n`
  connection.write(`CONNECT {"verbose":false}\r\nSUB _INBOX.made 1\r\n${request}`)
  const response = await firstOf(connection, through(`}${crlf}`))
  if (!response.includes('"storage":"file"')) throw new Error(`There is no stream: ${response.toString()}`)
}

function natsMessages(answered: () => void, connection: Connection): Take {
  return (bytes, end) => {
    for (let at = 0; ; ) {
      const line = bytes.indexOf(crlf, at, 'latin1')
      const from = line + crlf.length
      if (line === -1 || from > end) return at
      const head = bytes.toString('latin1', at, line)
      const to = from + payloadBytes(head)
      if (to > end) return at
      if (head === 'PING') connection.write(`PONG${crlf}`)
      else {
        assertKept(bytes.toString('latin1', from, to))
        answered()
      }
      at = to
    }
  }
}

/** The length of the payload after `MSG subject sid length`, line end included. @throws Error on any other message than PING */
function payloadBytes(head: string): number {
  if (head === 'PING') return 0
  if (!head.startsWith('MSG ')) throw new Error(`NATS says ${head}`)
  return Number(head.slice(head.lastIndexOf(' ') + 1)) + crlf.length
}

function assertKept(acknowledgement: string): void {
  if (!acknowledgement.startsWith(`{"stream":"${stream}"`)) throw new Error(acknowledgement)
}
