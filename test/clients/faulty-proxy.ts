import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

export interface FaultyProxy {
  port: number
  /** Silently drops all bytes on the open connections. */
  mute(): void
}

/** A proxy between a client and a server of text lines that may change or drop (null) the server's lines. */
export async function faultyProxy(target: number, change: (line: string) => string | null): Promise<FaultyProxy> {
  const sockets = new Set<Socket>()
  const muted = new WeakSet<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (!muted.has(client)) for (const other of [client, upstream]) other.destroy()
      })
    }
    client.on('data', (chunk) => muted.has(client) || upstream.write(chunk))
    createInterface({ input: upstream }).on('line', (line) => {
      const changed = change(line)
      if (changed !== null && !muted.has(client)) client.write(`${changed}\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    mute() {
      for (const socket of sockets) muted.add(socket)
    },
  }
}
