/** HTTP as bytes, for requests that an HTTP library would never send. */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface RawConnection {
  write(text: string): void
  /** Resolves with the bytes received until they hold this many responses. */
  responses(count: number): Promise<string[]>
  end(): void
}

export async function dialRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    socket.emit('more')
  })
  const split = () => text.split(/(?=HTTP\/1\.1 \d{3})/)
  const isWhole = (response: string) => {
    const length = Number(/content-length: (\d+)/i.exec(response)?.[1] ?? 0)
    const start = response.indexOf('\r\n\r\n')
    return start !== -1 && Buffer.byteLength(response.slice(start + 4)) >= length
  }
  return {
    write: (bytes) => void socket.write(bytes),
    async responses(count) {
      while (split().filter(isWhole).length < count) await once(socket, 'more')
      return split()
    },
    end: () => void socket.destroy(),
  }
}

export function rawRequest(line: string, headers: Record<string, string>, body = ''): string {
  const all = { Host: 'localhost', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
