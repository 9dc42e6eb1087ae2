/**
 * The log: one line of JSON for each request and each problem, or lines for a person's eyes. Lines of
 * requests are put together by hand, because they are written as often as answers are.
 */
import { AppError } from '../errors.ts'
import { isoTime } from '../iso-time.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'off'] as const
export type LogLevel = (typeof logLevels)[number]

/** What is told of one answered request. Nothing in it comes from a body, a query, a cookie or a token. */
export interface AccessEntry {
  requestId: string
  method: string
  /** Without the query. */
  path: string
  /** The route's pattern, such as `/api/todos/:id`; '' where no route matched. */
  route: string
  status: number
  /** Of the body as it was handed to the runtime. */
  bytes: number
  durationMs: number
  principal: string
  /** The trace that the request belongs to (W3C Trace Context); '' for none. */
  traceId: string
  /** Whether the answer broke off: its source failed, or nobody took it. */
  cut: boolean
}

/** An error that is ours. */
export interface Problem {
  requestId: string
  method: string
  path: string
  error: unknown
}

export interface Log {
  access(entry: AccessEntry): void
  /** Errors that come again and again, as of a full disk, are told of once a second with a count. */
  problem(problem: Problem): void
  note(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface LogOptions {
  level: LogLevel
  /** For a person at a terminal instead of a program. */
  pretty?: boolean
  /** Takes one line with its line break; `urgent` ones should not wait in a buffer. Must not throw. */
  write(line: string, urgent: boolean): void
  now(): number
}

/** How often an error of the same code is told of. */
const repeatMs = 1000

export function createLog({ level, pretty = false, write, now }: LogOptions): Log {
  const threshold = logLevels.indexOf(level)
  const tells = (each: LogLevel) => logLevels.indexOf(each) >= threshold
  const time = createClock(now)
  const tellsInfo = tells('info')
  const repeats = new Map<string, { untilMs: number; suppressed: number }>()

  /** How many like it were kept quiet before; null to keep this one quiet, too. */
  function suppressedBefore(error: unknown): number | null {
    if (!(error instanceof AppError)) return 0
    const ms = now()
    const last = repeats.get(error.code)
    if (last && ms < last.untilMs && ms > last.untilMs - 2 * repeatMs) {
      last.suppressed += 1
      return null
    }
    repeats.set(error.code, { untilMs: ms + repeatMs, suppressed: 0 })
    return last?.suppressed ?? 0
  }

  function note(each: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!tells(each)) return
    const text = pretty
      ? prettyNote(time(), each, message, fields)
      : JSON.stringify({ time: time(), level: each, message, ...tellableFields(fields) })
    write(`${text}\n`, each === 'error')
  }

  return {
    note,
    access(entry) {
      if (!tellsInfo) return
      write(pretty ? prettyAccess(time(), entry) : accessLine(time(), entry), false)
    },
    problem({ error, ...request }) {
      const suppressed = suppressedBefore(error)
      if (suppressed === null) return
      const more = suppressed > 0 ? { suppressed } : undefined
      note('error', 'A request failed.', { ...request, ...more, error: describe(error) })
    },
  }
}

/** The time as ISO 8601; made once a millisecond. */
function createClock(now: () => number): () => string {
  let lastMs = Number.NaN
  let text = ''
  return () => {
    const ms = now()
    if (ms !== lastMs) {
      lastMs = ms
      text = isoTime(ms)
    }
    return text
  }
}

function accessLine(time: string, entry: AccessEntry): string {
  const { requestId, method, path, route, status, bytes, durationMs, principal, traceId, cut } = entry
  return (
    `{"time":"${time}","level":"info","requestId":"${requestId}","method":"${method}","path":${JSON.stringify(path)},` +
    `"route":${JSON.stringify(route)},"status":${status},"bytes":${bytes},"ms":${durationMs.toFixed(2)},` +
    `"principal":${JSON.stringify(principal)}${traceId && `,"traceId":"${traceId}"`}${cut ? ',"cut":true' : ''}}\n`
  )
}

const dim = (text: string) => `\x1b[2m${text}\x1b[0m`
const colored = (color: number, text: string) => `\x1b[${color}m${text}\x1b[0m`
/** By the first digit of a status: green, cyan, yellow, red. */
const statusColors: Record<number, number> = { 2: 32, 3: 36, 4: 33, 5: 31 }

function prettyAccess(time: string, { method, path, status, bytes, durationMs, cut }: AccessEntry): string {
  const color = statusColors[Math.floor(status / 100)] ?? 0
  const rest = `${durationMs.toFixed(1)} ms  ${bytes} B${cut ? '  broke off' : ''}`
  return `${dim(time.slice(11, 23))} ${colored(color, String(status))} ${method.padEnd(6)} ${path} ${dim(rest)}\n`
}

function prettyNote(time: string, level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): string {
  const color = level === 'error' ? 31 : level === 'warn' ? 33 : 36
  const rest = Object.entries(fields).map(
    ([name, value]) => `\n    ${name}: ${typeof value === 'string' ? value : JSON.stringify(tellable(value))}`,
  )
  return `${dim(time.slice(11, 23))} ${colored(color, level)} ${message}${rest.join('')}`
}

const causesMax = 5

function describe(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return tellable(error)
  if (error.cause === undefined || depth === causesMax) return { stack: error.stack }
  return { stack: error.stack, cause: describe(error.cause, depth + 1) }
}

function tellableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, tellable(value)]))
}

/** What JSON can hold: the value itself, else its kind. A log must not fail on what went wrong. */
function tellable(value: unknown): unknown {
  try {
    JSON.stringify(value)
    return value
  } catch {
    return Object.prototype.toString.call(value)
  }
}
