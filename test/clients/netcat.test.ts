import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { create, portOf } from './topic.ts'

const hasNetcat = spawnSync('nc', ['-h']).error === undefined
const list = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"GET /api/todos"}`

describe.each(sample(['node', 'deno'] as const, 2))('nc with a server on %s', (runtime) => {
  let server: RunningProcess
  beforeAll(async () => {
    server = await startProcess({ runtime })
    await create(server, 'Seen through nc')
  })
  afterAll(() => server?.stop())

  test('a line of JSON is answered with one', async () => {
    const { output, next } = netcat(portOf(server))
    output.end(`${list(1)}\n`)
    expect(await next()).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      result: { status: 200, body: { data: [{ title: 'Seen through nc' }], status: 200 } },
    })
  })

  test('all requests are answered although the client has ended its side', async () => {
    const { output, next } = netcat(portOf(server))
    const ids = [1, 2, 3, 4, 5]
    output.end(ids.map((id) => `${list(id)}\r\n`).join(''))
    const answered = new Set()
    for (const _ of ids) answered.add((await next()).id)
    expect(answered).toEqual(new Set(ids))
  })

  test('a subscription is followed for as long as nc stays', async () => {
    const { output, next } = netcat(portOf(server))
    output.write('{"jsonrpc":"2.0","id":"s","method":"subscribe","params":{"topic":"todos"}}\n')
    expect(await next()).toMatchObject({ id: 's', result: { topic: 'todos', recovered: true } })
    await create(server, 'Pushed')
    expect(await next()).toMatchObject({
      method: 'event',
      params: { topic: 'todos', type: 'created', data: { title: 'Pushed' } },
    })
  })
})

/** Runs nc, or without one a socket that sends and ends in the same way. */
function netcat(port: number): { output: Writable; next(): Promise<Record<string, unknown>> } {
  const { stdin: output, stdout: input } = hasNetcat ? spawnNetcat(port) : openSocket(port)
  const lines = createInterface({ input })[Symbol.asyncIterator]()
  return { output, next: async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown> }
}

function spawnNetcat(port: number): { stdin: Writable; stdout: Readable } {
  const child = spawn('nc', ['127.0.0.1', String(port)])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

function openSocket(port: number): { stdin: Writable; stdout: Readable } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return { stdin: socket, stdout: socket }
}
