/**
 * The log: one line of JSON for each request and each problem, or readable lines at a terminal. Access log lines are
 * assembled by hand, because one is written for each response.
 */
import { AppError } from '../errors.ts'
import { isoTime } from '../iso-time.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'off'] as const
export type LogLevel = (typeof logLevels)[number]

/** The access log entry of one request. Nothing in it comes from a body, a query, a cookie or a token. */
export interface AccessEntry {
  requestId: string
  method: string
  /** Without the query. */
  path: string
  /** The route's pattern, such as `/api/todos/:id`; '' where no route matched. */
  route: string
  status: number
  /** The bytes of the body passed to the runtime. */
  bytes: number
  durationMs: number
  principal: string
  /** The trace that the request belongs to (W3C Trace Context); '' for none. */
  traceId: string
  /** True when the response was cut: its source failed, or the client stopped reading. */
  cut: boolean
}

/** A fault of the server, and the request that met it if there was one. */
export interface Problem {
  requestId?: string
  method?: string
  path?: string
  error: unknown
}

export interface Log {
  access(entry: AccessEntry): void
  /** Repeated errors, as of a full disk, are logged once a second with a count. */
  problem(problem: Problem): void
  note(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface LogOptions {
  level: LogLevel
  /** Readable lines for a terminal instead of JSON. */
  pretty?: boolean
  /** Writes one line with its line break; an `urgent` line should not wait in a buffer. Must not throw. */
  write(line: string, urgent: boolean): void
  now(): number
}

/** The interval at which errors of the same code are logged. */
const repeatMs = 1000

export function createLog({ level, pretty = false, write, now }: LogOptions): Log {
  const threshold = logLevels.indexOf(level)
  const isEnabled = (each: LogLevel) => logLevels.indexOf(each) >= threshold
  const time = createClock(now)
  const isInfoEnabled = isEnabled('info')
  const repeats = new Map<string, { untilMs: number; suppressed: number }>()

  /** Returns the number of suppressed errors of the same code; null to suppress this one too. */
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
    if (!isEnabled(each)) return
    const text = pretty
      ? prettyNote(time(), each, message, fields)
      : JSON.stringify({ time: time(), level: each, message, ...loggableFields(fields) })
    write(`${text}\n`, each === 'error')
  }

  return {
    note,
    access(entry) {
      if (!isInfoEnabled) return
      write(pretty ? prettyAccess(time(), entry) : accessLine(time(), entry), false)
    },
    problem({ requestId = '', method = '', path = '', error }) {
      const suppressed = suppressedBefore(error)
      if (suppressed === null) return
      const more = suppressed > 0 ? { suppressed } : undefined
      note('error', 'A request failed.', { requestId, method, path, ...more, error: describe(error) })
    },
  }
}

/** Formats the time as ISO 8601, once a millisecond. */
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
  const rest = `${durationMs.toFixed(1)} ms  ${bytes} B${cut ? '  cut' : ''}`
  return `${dim(time.slice(11, 23))} ${colored(color, String(status))} ${method.padEnd(6)} ${path} ${dim(rest)}\n`
}

function prettyNote(time: string, level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): string {
  const color = level === 'error' ? 31 : level === 'warn' ? 33 : 36
  const rest = Object.entries(fields).map(
    ([name, value]) => `\n    ${name}: ${typeof value === 'string' ? value : JSON.stringify(loggable(value))}`,
  )
  return `${dim(time.slice(11, 23))} ${colored(color, level)} ${message}${rest.join('')}`
}

const causesMax = 5

function describe(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return loggable(error)
  if (error.cause === undefined || depth === causesMax) return { stack: error.stack }
  return { stack: error.stack, cause: describe(error.cause, depth + 1) }
}

function loggableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, loggable(value)]))
}

/** Returns the value when JSON can hold it, else its kind: the log must not fail on the error it reports. */
function loggable(value: unknown): unknown {
  try {
    JSON.stringify(value)
    return value
  } catch {
    return Object.prototype.toString.call(value)
  }
}
