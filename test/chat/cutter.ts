import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Cutter {
  url: string
  /** Cuts the next connection on which the server sends this text, before it arrives. */
  cutAt(text: string): void
  /** Resolves when the connection is cut. */
  cut: Promise<void>
}

/** A proxy between client and server that cuts a connection at a chosen text. */
export async function startCutter(url: string): Promise<Cutter> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  let wanted: string | null = null

  function serve(client: Socket): void {
    const server = connect(Number(new URL(url).port), '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    const end = () => {
      wanted = null
      client.destroy()
      resolve()
    }
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
    client.pipe(server)
    server.on('data', (bytes: Buffer) => {
      const isLast = wanted !== null && bytes.includes(wanted)
      if (isLast) end()
      else client.write(bytes)
    })
  }

  const listener = createServer(serve).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cutAt(text) {
      wanted = text
    },
    cut: promise,
  }
}
