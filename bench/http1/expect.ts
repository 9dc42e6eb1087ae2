/** Sends bytes over a socket and checks the response, before anything is timed. */
import { connect } from 'node:net'

const timeoutMs = 5000

export interface Expected {
  status: number
  /** Each response's whole body. */
  body?: string
  /** Or how long it is at least, its framing included. */
  bodyBytesMin?: number
}

/** @throws Error unless exactly this many responses come, each as expected */
export async function expectResponses(port: number, request: string, expected: Expected, count: number): Promise<void> {
  const text = await exchange(port, request, (text) => isWhole(text, expected, count))
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  const isRight = isWhole(text, expected, count) && statuses.length === count
  if (isRight && statuses.every((status) => status === expected.status)) return
  throw new Error(`${count} responses were expected, these came: ${JSON.stringify(text.slice(0, 600))}`)
}

function isWhole(text: string, { body, bodyBytesMin = 0 }: Expected, count: number): boolean {
  if (body !== undefined) return text.split(body).length - 1 >= count
  return text.length >= bodyBytesMin && text.endsWith('\r\n')
}

/** Everything up to the moment that it is whole, the end, or a time that is long enough for anyone. */
function exchange(port: number, request: string, isDone: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(request))
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      text += part
      if (isDone(text)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
  })
}
