/** Runs cases against a server, some at a time. */
import type { Case } from './cases/case.ts'
import { topics } from './cases.ts'
import { exchange, type Target } from './exchange.ts'
import { type Judgement, judge } from './judge.ts'

export interface Result extends Judgement {
  slug: string
  topic: string
  title: string
  section: string
}

export interface ProbeOptions {
  target: Target
  /** True when the server echoes the body of `POST /echo-body`. */
  hasEcho?: boolean
  /** Only cases whose slug contains this. */
  only?: string
}

const casesAtOnce = 16
/** Longer requests are not sent byte by byte: they would take most of the probe's time and show nothing new. */
const bytewiseBytesMax = 500
const attemptsMax = 5
export const bytewiseTopic = 'byte by byte'

interface Planned {
  topic: string
  probed: Case
}

export function plan({ hasEcho = true, only = '' }: Omit<ProbeOptions, 'target'> = {}): Planned[] {
  return topics
    .flatMap(({ name, cases }) => cases.map((probed) => ({ topic: name, probed })))
    .filter(({ probed }) => (hasEcho || !probed.needsEcho) && probed.slug.includes(only))
}

/** In the order of the plan; each that is short enough a second time, byte by byte. */
export async function runProbe({ target, ...options }: ProbeOptions): Promise<Result[]> {
  const planned = plan(options)
  const results: Result[][] = planned.map(() => [])
  // One iterator for all: each worker takes the next case.
  const queue = planned.entries()
  const work = async () => {
    for (const [index, one] of queue) results[index] = await runBothWays(one, target)
  }
  await Promise.all(Array.from({ length: casesAtOnce }, work))
  return results.flat()
}

async function runBothWays({ topic, probed }: Planned, target: Target): Promise<Result[]> {
  const { slug, title, section } = probed
  const whole = { slug, topic, title, section, ...judge(probed, await exchange(probed, target)) }
  if (!isSentBytewise(probed)) return [whole]
  const outcome = await runBytewise({ ...probed, how: 'bytewise' }, whole, target)
  return [whole, { ...whole, slug: bytewiseSlug(slug), topic: bytewiseTopic, ...outcome }]
}

/** A reset may discard a response that was on its way: then the result does not count. */
async function runBytewise(twin: Case, whole: Judgement, target: Target): Promise<Judgement> {
  for (let attempt = 1; ; attempt++) {
    const seen = await exchange(twin, target)
    const outcome = sameAs(whole, judge(twin, seen))
    if (outcome.passed || !seen.cut || attempt === attemptsMax) return outcome
  }
}

export function isSentBytewise({ how, send }: Case): boolean {
  return how === 'whole' && (send[0]?.length ?? 0) <= bytewiseBytesMax
}

export function bytewiseSlug(slug: string): string {
  return `${slug}/bytewise`
}

/** How the bytes are cut must not matter: right both times, or wrong in the same way (counted once, not twice). */
function sameAs(whole: Judgement, bytewise: Judgement): Judgement {
  const passed = (whole.passed && bytewise.passed) || whole.seen === bytewise.seen
  return {
    passed,
    legal: passed || (whole.legal && bytewise.legal),
    fault: passed ? null : 'changes its outcome when the bytes come one at a time',
    expected: `as when sent whole: ${whole.seen}`,
    seen: bytewise.seen,
  }
}
