/** The base of all ratios: `node:http` and a handler, no framework. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { chunk, created, idleMs, item, type posted, streamChunks } from './responses.ts'

const server = createServer((request, response) => {
  if (request.url === '/json' && request.method === 'GET') sendJson(response, 200, item)
  else if (request.url === '/json' && request.method === 'POST') post(request, response)
  else if (request.url === '/stream') stream(response)
  else if (request.url === '/sink') sink(request, response)
  else sendJson(response, 404, { error: 'not found' })
})
server.keepAliveTimeout = idleMs
server.listen(Number(process.env.PORT), '127.0.0.1')

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

function post(request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (part: string) => {
    text += part
  })
  request.on('end', () => sendJson(response, 201, created((JSON.parse(text) as typeof posted).title)))
}

function stream(response: ServerResponse): void {
  let left = streamChunks
  function write(): void {
    while (left > 0) {
      left--
      if (!response.write(chunk)) return
    }
    response.off('drain', write)
    response.end()
  }
  response.on('drain', write)
  write()
}

function sink(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0
  request.on('data', (part: Buffer) => {
    bytes += part.byteLength
  })
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.end(String(bytes))
  })
}
