/** The start scripts in a real terminal: Ctrl-C and a signal to all their processes end the server in an orderly way. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { openConnection } from './connection.ts'
import { freePort } from './free-port.ts'
import { temporaryFolders } from './temporary.ts'
import { type Terminal, terminals } from './terminal.ts'

const open = terminals()
const folder = temporaryFolders()

const commands: Record<string, readonly string[]> = {
  'npm start': ['npm', 'start'],
  'npm run start:bun': ['npm', 'run', 'start:bun'],
  'deno task start': ['deno', 'task', 'start'],
}

const ctrlC = '\x03'
const ways: Record<string, (terminal: Terminal) => void | Promise<void>> = {
  'Ctrl-C': (terminal) => terminal.type(ctrlC),
  'SIGINT to the process group': (terminal) => terminal.signalAll('SIGINT'),
  'SIGTERM to the process group': (terminal) => terminal.signalAll('SIGTERM'),
  'Ctrl-C by impatient fingers': (terminal) => terminal.type(ctrlC.repeat(3)),
}

const body = '{"title":"milk"}'
const head = `POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`

const cases = Object.keys(commands).flatMap((command) => Object.keys(ways).map((way) => ({ command, way })))

describe.concurrent('a server in a terminal', () => {
  test.each(sample(cases, 3))('$command: $way lets a request in flight finish', async ({ command, way }) => {
    const dataDir = await folder()
    const port = String(await freePort())
    const terminal = open(commands[command] ?? [], { PORT: port, DATA_DIR: dataDir })
    const [, url = ''] = await terminal.shows(/listens on (http:\S+)/)
    const [busy, idle] = [await openConnection(url), await openConnection(url)]
    busy.send(head + body.slice(0, 5))
    idle.send('GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await idle.response()
    await ways[way]?.(terminal)
    await idle.closed
    busy.send(body.slice(5))
    expect((await busy.response()).status, terminal.screen()).toBe(201)
    expect(await terminal.exited, terminal.screen()).toBe(0)
    expect(existsSync(join(dataDir, 'galley.db'))).toBe(true)
    expect((await readdir(dataDir)).filter((name) => name.endsWith('-wal'))).toEqual([])
  })
})
