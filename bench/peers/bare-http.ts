/** The classic: `node:http`, a Map and nothing else. Keeps the contract of the todos, and nothing on disk. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { create, find, page } from './todos.ts'

const bodyBytesMax = 1024 * 1024

createServer((request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const [, api, name, id] = path.split('/')
  if (api !== 'api' || name !== 'todos') return fail(response, 404, 'not_found')
  if (request.method === 'GET' && id) return get(response, id)
  if (request.method === 'GET') return list(response, new URLSearchParams(query))
  if (request.method === 'POST' && !id) return post(request, response)
  response.setHeader('Allow', 'GET, POST')
  return fail(response, 405, 'method_not_allowed')
}).listen(Number(process.env.PORT), '127.0.0.1')

function get(response: ServerResponse, id: string): void {
  const todo = find(id)
  if (todo) send(response, 200, { data: todo, status: 200 })
  else fail(response, 404, 'not_found')
}

function list(response: ServerResponse, query: URLSearchParams): void {
  const data = page(Number(query.get('offset') ?? 0), Number(query.get('limit') ?? 50))
  send(response, 200, { data, status: 200 })
}

function post(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
    if (body.length > bodyBytesMax) {
      fail(response, 413, 'body_too_large')
      request.destroy()
    }
  })
  request.on('end', () => handlePost(response, body))
}

function handlePost(response: ServerResponse, body: string): void {
  const title = titleOf(body)
  if (title === null) fail(response, 400, 'invalid_json')
  else if (title === '') fail(response, 400, 'validation_failed')
  else send(response, 201, { data: create(title), status: 201 })
}

/** The trimmed title, empty when there is none; null for invalid JSON. */
function titleOf(body: string): string | null {
  try {
    const { title } = JSON.parse(body) as { title?: unknown }
    return typeof title === 'string' ? title.trim() : ''
  } catch {
    return null
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  send(response, status, { error: code, status, code })
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
