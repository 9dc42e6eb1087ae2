/** Users of the terminal client, and the messages that the server has stored. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { root } from '../harness/server.ts'

export interface Row {
  id: string
  name: string
  author: string
  text: string
  edited: boolean
  version: number
}

export interface ApiResponse {
  status: number
  data: Row
  code: string
}

export async function ask(
  url: string,
  method: string,
  path: string,
  body?: object,
  headers = {},
): Promise<ApiResponse> {
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
  const response = await fetch(`${url}/api/${path}`, init)
  const parsed = response.status === 204 ? {} : ((await response.json()) as object)
  return { ...parsed, status: response.status } as ApiResponse
}

export async function makeRoom(url: string, name: string): Promise<string> {
  const { status, data } = await ask(url, 'POST', 'rooms', { name })
  expect(status).toBe(201)
  return data.id
}

export async function sendMessage(url: string, room: string, author: string, text: string): Promise<Row> {
  const { status, data } = await ask(url, 'POST', 'messages', { room, author, text })
  expect(status).toBe(201)
  return data
}

export interface Page {
  data: Row[]
  next: string | null
  position: { epoch: string; offset: number }
}

/** The newest first. */
export async function history(url: string, room: string, more: Record<string, string> = {}): Promise<Page> {
  const query = new URLSearchParams({ 'filter[room][$eq]': room, sort: '-createdAt', ...more })
  const response = await fetch(`${url}/api/messages?${query}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Page
}

export async function roomNamed(url: string, name: string): Promise<string | undefined> {
  const query = new URLSearchParams({ 'filter[name][$eq]': name })
  const { data } = (await (await fetch(`${url}/api/rooms?${query}`)).json()) as Page
  return data[0]?.id
}

/** A user of the terminal client, in a real process. */
export class Person {
  readonly exited: Promise<number | null>
  readonly #process: ChildProcess
  #output = ''

  constructor(url: string, room: string, name: string) {
    const parameters = ['adapters/cli/main.ts', 'chat', room, '--name', name, '--url', new URL(url).host]
    this.#process = spawn(process.execPath, parameters, { cwd: root })
    this.exited = once(this.#process, 'close').then(([code]) => code as number | null)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += String(chunk)
        this.#process.emit('output')
      })
    }
    onTestFinished(async () => {
      this.#process.kill('SIGKILL')
      await this.exited
    })
  }

  /** The whole output so far, without escape sequences. */
  get screen(): string {
    return stripVTControlCharacters(this.#output)
  }

  get lines(): string[] {
    return this.screen.split('\n')
  }

  get rawOutput(): string {
    return this.#output
  }

  /** Resolves as soon as the output has a line with the text. */
  async sees(text: string, times = 1): Promise<void> {
    while (this.lines.filter((line) => line.includes(text)).length < times) await once(this.#process, 'output')
  }

  types(line: string): void {
    this.#process.stdin?.write(`${line}\n`)
  }

  /** Ends the input. */
  endsInput(): void {
    this.#process.stdin?.end()
  }

  /** The number of lines that end with the text. */
  count(text: string): number {
    return this.lines.filter((line) => line.endsWith(text)).length
  }
}
