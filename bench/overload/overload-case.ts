/** A server at its peak, under four times that load, and after it. */
import { figure } from '../figures.ts'
import { gaugeOf, perCpuSecond, type Sample } from '../live/samples.ts'
import { root, type Server, startServer } from '../server.ts'
import { requestText } from './connection.ts'
import { closeAll, closedLoop, type Outcome, openConnections, openLoop } from './load.ts'

export interface Goal {
  what: string
  goal: string
  reached: string
  isReached: boolean
}

export interface OverloadOptions {
  folder: string
  core: number
  engine: 'galley' | 'node'
  seconds: number
}

const factor = 4
/** Enough to keep one core busy, and few enough for short queues. */
const peakConnections = 16
const overloadConnections = 1500
const recoveryConnections = 200
const warmSeconds = 3
const recoverySeconds = 8
const recoveryShare = 0.5
const healthEveryMs = 100

export async function measureOverload({ folder, core, engine, seconds }: OverloadOptions): Promise<Goal[]> {
  const server = await startServer({
    args: ['--max-semi-space-size=8', `${root}bench/overload/galley.ts`],
    env: { LOG_LEVEL: 'info', HTTP_ENGINE: engine },
    folder,
    core,
    readyPath: '/health/ready',
  })
  const port = portOf(server)
  const request = () => burnText
  const few = await openConnections(port, peakConnections)
  await closedLoop({ connections: few, seconds: warmSeconds, request })
  const peakReading = gaugeOf(server).begin()
  const peak = await closedLoop({ connections: few, seconds, request })
  const peakSample = peakReading.end(peak.count(200))
  closeAll(few)
  const many = await openConnections(port, overloadConnections)
  const probe = await openConnections(port, 1)
  const perSecond = factor * peak.goodput
  const overloadReading = gaugeOf(server).begin()
  const [overloaded, healthy] = await Promise.all([
    openLoop({ connections: many, seconds, perSecond, request }),
    openLoop({ connections: probe, seconds, perSecond: 1000 / healthEveryMs, request: () => healthText }),
  ])
  const overloadSample = overloadReading.end(overloaded.count(200))
  const gentle = recoveryShare * peak.goodput
  const after = await openLoop({
    connections: many.slice(0, recoveryConnections),
    seconds: recoverySeconds,
    perSecond: gentle,
    request,
  })
  closeAll([...many, ...probe])
  await server.stop()
  return judge({ peak, overloaded, healthy, after, peakSample, overloadSample })
}

const burnText = requestText('GET /api/burn')
const healthText = requestText('GET /health/ready')

interface Outcomes {
  peak: Outcome
  overloaded: Outcome
  healthy: Outcome
  after: Outcome
  /** The same with its CPU cost. */
  peakSample: Sample
  overloadSample: Sample
}

function judge({ peak, overloaded, healthy, after, peakSample, overloadSample }: Outcomes): Goal[] {
  const peakMs = peak.quantileMs(0.99)
  const overloadedMs = overloaded.quantileMs(0.99)
  const normalMs = normalAfterMs(after, peakMs)
  const share = overloaded.goodput / peak.goodput
  const cpuShare = perCpuSecond(overloadSample) / perCpuSecond(peakSample)
  const isHealthy = healthy.count(200) === healthy.responses.length
  return [
    {
      what: `goodput at ${factor} times the peak of ${figure(peak.goodput)}/s`,
      goal: '≥ 0.9 of the peak',
      reached: `${figure(share)} (${figure(overloaded.goodput)}/s)`,
      isReached: share >= 0.9,
    },
    {
      what: 'the same by second of its CPU, as where others take some of it',
      goal: '≥ 0.9 of the peak',
      reached: `${figure(cpuShare)} (busy ${busy(peakSample)} and ${busy(overloadSample)})`,
      isReached: cpuShare >= 0.9,
    },
    {
      what: 'p99 of what is served',
      goal: `≤ 2 × ${figure(peakMs)} ms`,
      reached: `${figure(overloadedMs)} ms (p50 ${figure(overloaded.quantileMs(0.5))} ms)`,
      isReached: overloadedMs <= 2 * peakMs,
    },
    {
      what: `back to normal at ${recoveryShare} of the peak`,
      goal: '≤ 5 s',
      reached: `${figure(normalMs / 1000)} s`,
      isReached: normalMs <= 5000,
    },
    {
      what: 'responses of /health/ready meanwhile',
      goal: 'all 200',
      reached: `${healthy.count(200)} of ${healthy.responses.length}, p99 ${figure(healthy.quantileMs(0.99))} ms`,
      isReached: isHealthy,
    },
    {
      what: 'requests without a response, or with a 500',
      goal: '0',
      reached: figure(overloaded.failed),
      isReached: overloaded.failed === 0,
    },
  ]
}

/** After this no second has a refusal, or one in a hundred that is slower than at the peak. */
function normalAfterMs({ responses }: Outcome, peakMs: number): number {
  for (let second = recoverySeconds - 1; second >= 0; second--) {
    const within = responses.filter(({ dueMs }) => Math.floor(dueMs / 1000) === second)
    const bad = within.filter(({ status, latencyMs }) => status !== 200 || latencyMs > peakMs)
    if (within.some(({ status }) => status !== 200) || bad.length > within.length / 100) return (second + 1) * 1000
  }
  return 0
}

function busy({ cpuSeconds, seconds }: Sample): string {
  return `${figure((100 * cpuSeconds) / seconds)} %`
}

export function portOf({ origin }: Server): number {
  return Number(new URL(origin).port)
}
