/** An app whose files are imported and exported. */
import { afterEach } from 'vitest'
import { testServer } from '../../adapters/testing/test-server.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'

const stops: (() => Promise<void>)[] = []

/** Ends the app of each test of the calling file. */
export function useApp(): void {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
}

export async function startApp(...collections: AnyCollection[]) {
  const app = await testServer({ collections })
  stops.push(app.stop)
  return app
}

export interface Line {
  line: number
  code?: string
  message?: string
  created?: number
  updated?: number
  skipped?: number
  failed?: number
  done?: boolean
}

/** The lines of a response, the last of which ends the import. */
export async function linesOf(response: Response): Promise<Line[]> {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text}`)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

/** Requests of anybody: an app, or a user of it. */
interface Asked {
  request(path: string, init?: RequestInit): Response | Promise<Response>
}

/** Imports a text, and returns the errors of rows and the last line. */
export async function importText(
  app: Asked,
  path: string,
  text: BodyInit,
  headers: Record<string, string> = {},
): Promise<{ errors: Line[]; end: Line }> {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: text, headers, duplex: 'half' }
  const lines = await linesOf(await app.request(path, init))
  const end = lines.pop() as Line
  return { errors: lines.filter(({ code }) => code !== undefined), end }
}

export async function exportText(app: Asked, path: string): Promise<string> {
  const response = await app.request(path)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text}`)
  return text
}

/** A body of chunks, which breaks off after them where `fails` says so. */
export function streamOfChunks(chunks: readonly string[], fails = false): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let next = 0
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next]
      next += 1
      if (chunk !== undefined) controller.enqueue(encoder.encode(chunk))
      else if (fails) controller.error(new Error('cut'))
      else controller.close()
    },
  })
}
