/** Keep-alive connections that have each been answered once and then stay. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { get } from './requests.ts'
import { item } from './responses.ts'

/** The kernel queues no more that are not accepted yet. */
const openingMax = 200
/** An address has some 28,000 ports, and those of the run before rest for a minute. */
const connectionsPerAddress = 5000
/** The server's files and standard streams. */
const otherFiles = 200
const answered = JSON.stringify(item)

export interface IdleConnections {
  /** The open connections. */
  open(): number
  /** Ends them with a reset, so that their ports are free at once. */
  close(): void
}

/** Opens them from several loopback addresses; each GETs once. @throws Error when one fails or is not answered */
export async function openIdle(origin: string, count: number, addressBlock: number): Promise<IdleConnections> {
  assertFiles(count)
  const { host, port } = new URL(origin)
  const sockets: Socket[] = []
  let next = 0
  async function opener(): Promise<void> {
    for (let n = next++; n < count; n = next++) {
      const localAddress = `127.0.${addressBlock + 1}.${Math.floor(n / connectionsPerAddress) + 1}`
      const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress })
      sockets.push(socket)
      await getOnce(socket, get(host))
    }
  }
  try {
    await Promise.all(Array.from({ length: openingMax }, opener))
  } catch (error) {
    for (const socket of sockets) socket.destroy()
    throw error
  }
  return {
    open: () => sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length,
    close() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}

async function getOnce(socket: Socket, request: string): Promise<void> {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    text += part
    if (text.includes(answered)) socket.emit('answered')
  })
  socket.write(request)
  const closed = once(socket, 'close').then(() => {
    throw new Error(`A connection was closed: ${JSON.stringify(text.slice(0, 300))}`)
  })
  // After the response nothing waits for this.
  closed.catch(() => {})
  await Promise.race([once(socket, 'answered'), closed])
  // From here on a loss shows as a connection that is not open.
  socket.on('error', () => {})
}

function assertFiles(count: number): void {
  const limit = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  if (Number(limit) >= count + otherFiles) return
  throw new Error(`${count} connections need more than the ${limit} files that a process may open (ulimit -Hn).`)
}
