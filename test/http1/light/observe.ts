/** Runs cases and describes the outcomes in a text that can be compared. */
import { type Case, type Kit, lightKit, nativeKit, startEcho } from './kit.ts'

export interface Observation {
  name: string
  native: string
  light: string
  /** The native objects once more, when the light ones have taken their place. */
  nativeAfter: string
}

/** Far longer than any case takes, so that a case that hangs is reported by its name. */
const hangTimeoutMs = 10_000

/** All cases on native objects, then on light ones. The globals stay changed. */
export async function observe(cases: readonly Case[]): Promise<Observation[]> {
  const { url, server } = await startEcho()
  const native = await observeAll(cases, nativeKit(url))
  const light = await observeAll(cases, lightKit(url))
  const nativeAfter = await observeAll(cases, nativeKit(url))
  server.close()
  return cases.map(({ name }, index) => ({
    name,
    native: native[index] as string,
    light: light[index] as string,
    nativeAfter: nativeAfter[index] as string,
  }))
}

async function observeAll(cases: readonly Case[], kit: Kit): Promise<string[]> {
  const seen: string[] = []
  for (const { run } of cases) seen.push(await observeOne(run, kit))
  return seen
}

async function observeOne(run: Case['run'], kit: Kit): Promise<string> {
  const deadline = Promise.withResolvers<string>()
  const timer = setTimeout(() => deadline.resolve('hangs'), hangTimeoutMs)
  const seen = await Promise.race([outcome(async () => run(kit)), deadline.promise])
  clearTimeout(timer)
  return toText(seen)
}

/** Returns the value, or the name of the error. */
export async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    return `throws ${nameOf(error)}`
  }
}

/** The same for what is to throw at once. */
export function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return `throws ${nameOf(error)}`
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error)
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item === undefined) return 'undefined'
    if (item instanceof Uint8Array) return [...item]
    // The order of keys is not significant.
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Returns whether a getter gives the same object each time. */
export function isSteady(get: () => unknown): boolean {
  const first = get()
  return first === get()
}
