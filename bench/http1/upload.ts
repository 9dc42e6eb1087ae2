/**
 * A client that uploads as fast as it is read, in a process of its own so that it can have a core of its own:
 * `node bench/http1/upload.ts PORT BYTES [chunked]`. Prints the seconds that it received.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { chunkBytes } from './responses.ts'

const timeoutMs = 10_000
const [port, size, framing] = process.argv.slice(2)
console.log(await upload(Number(port), Number(size), framing === 'chunked'))
process.exit()

/** @throws Error unless the response is the number of bytes, which must be whole chunks */
async function upload(port: number, bytes: number, isChunked: boolean): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('The server has not moved for ten seconds.')))
  await once(socket, 'connect')
  const response = responseOf(socket, String(bytes))
  const start = performance.now()
  await Promise.race([send(socket, port, bytes, isChunked), response])
  await response
  return (performance.now() - start) / 1000
}

async function send(socket: Socket, port: number, bytes: number, isChunked: boolean): Promise<void> {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  socket.write(`POST /sink HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${framing}\r\n\r\n`)
  const data = Buffer.alloc(chunkBytes, 'a')
  const chunk = isChunked
    ? Buffer.concat([Buffer.from(`${chunkBytes.toString(16)}\r\n`), data, Buffer.from('\r\n')])
    : data
  for (let left = bytes; left > 0; left -= chunkBytes) if (!socket.write(chunk)) await once(socket, 'drain')
  if (isChunked) socket.write('0\r\n\r\n')
}

async function responseOf(socket: Socket, expected: string): Promise<void> {
  let text = ''
  socket.setEncoding('latin1')
  for await (const part of socket) {
    text += part
    if (text.startsWith('HTTP/1.1 200 ') && text.includes(`\n${expected}`)) return
    if (/^HTTP\/1.1 [3-5]/.test(text)) break
  }
  throw new Error(`The response is ${JSON.stringify(text.slice(0, 500))}.`)
}
