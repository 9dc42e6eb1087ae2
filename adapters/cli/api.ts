/** A running server, for commands that go through its API. */
import process from 'node:process'
import { StartError } from '../../src/errors.ts'
import { UsageError } from './command.ts'

/** The options that name the server and its client. */
export const apiOptions = { url: { type: 'string' }, key: { type: 'string' } } as const

export interface Api {
  url: URL
  headers: Readonly<Record<string, string>>
}

/** @param given the options; GALLEY_URL and GALLEY_KEY by default, because others may see the arguments of a command */
export function apiOf(given: { url?: string | undefined; key?: string | undefined }): Api {
  const text = given.url ?? process.env.GALLEY_URL ?? 'http://127.0.0.1:3000'
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${text} is not a URL: expected http://HOST:PORT.`)
  const key = given.key ?? process.env.GALLEY_KEY
  return { url, headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } }
}

/** The server could not be reached or is busy, or the connection broke: a later try may succeed. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/** Sends a request. @throws StartError with the error of the server; ConnectionError */
export async function send(
  { url, headers }: Api,
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const response = await fetch(new URL(path, url), {
    ...init,
    headers: { ...headers, ...init.headers },
  }).catch((error) => {
    throw new ConnectionError(`${url.origin} can't be reached: ${reasonOf(error)}`)
  })
  if (response.ok) return response
  if (response.status === 429 || response.status === 503)
    throw new ConnectionError(`${url.origin} is busy: ${await errorOf(response)}`)
  throw new StartError(`${url.origin} responds with ${response.status}: ${await errorOf(response)}`)
}

export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

async function errorOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { error, code } = JSON.parse(text) as { error: unknown; code: unknown }
    return `${String(code)}: ${String(error)}`
  } catch {
    return text.slice(0, 200)
  }
}

/** How often a broken connection is tried again before it has gone on. */
const triesMax = 5
const firstPauseMs = 500

/**
 * Repeats work that goes on where it broke off, until it returns.
 * @param work resolves, or throws a ConnectionError; `wentOn` tells whether it has come further than before
 * @throws StartError when the connection breaks again and again
 */
export async function repeat<T>(work: () => Promise<T>, wentOn: () => boolean): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      if (wentOn()) tries = 1
      if (tries === triesMax) throw new StartError(error.message)
      process.stderr.write(`${error.message}; trying again\n`)
      await new Promise((resolve) => setTimeout(resolve, firstPauseMs * 2 ** (tries - 1)))
    }
  }
}
