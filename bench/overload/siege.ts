/** What a server does alone, under four times what it can do, and after that. */
import { figure } from '../figures.ts'
import { gaugeOf, perCpuSecond, type Turn } from '../live/turns.ts'
import { root, type Server, startServer } from '../server.ts'
import { requestText } from './connection.ts'
import { closeAll, closedLoop, type Outcome, openConnections, openLoop } from './load.ts'

export interface Goal {
  what: string
  goal: string
  reached: string
  isReached: boolean
}

export interface SiegeOptions {
  folder: string
  core: number
  engine: 'galley' | 'node'
  seconds: number
}

const factor = 4
/** Enough to keep one core busy, and few enough that nobody waits for long. */
const peakConnections = 16
const siegeConnections = 1500
const recoveryConnections = 200
const warmSeconds = 3
const recoverySeconds = 8
const recoveryShare = 0.5
const healthEveryMs = 100

export async function besiege({ folder, core, engine, seconds }: SiegeOptions): Promise<Goal[]> {
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
  const peakTurn = peakReading.end(peak.count(200))
  closeAll(few)
  const many = await openConnections(port, siegeConnections)
  const probe = await openConnections(port, 1)
  const perSecond = factor * peak.goodput
  const siegeReading = gaugeOf(server).begin()
  const [besieged, healthy] = await Promise.all([
    openLoop({ connections: many, seconds, perSecond, request }),
    openLoop({ connections: probe, seconds, perSecond: 1000 / healthEveryMs, request: () => healthText }),
  ])
  const siegeTurn = siegeReading.end(besieged.count(200))
  const gentle = recoveryShare * peak.goodput
  const after = await openLoop({
    connections: many.slice(0, recoveryConnections),
    seconds: recoverySeconds,
    perSecond: gentle,
    request,
  })
  closeAll([...many, ...probe])
  await server.stop()
  return judge({ peak, besieged, healthy, after, peakTurn, siegeTurn })
}

const burnText = requestText('GET /api/burn')
const healthText = requestText('GET /health/ready')

interface Outcomes {
  peak: Outcome
  besieged: Outcome
  healthy: Outcome
  after: Outcome
  /** The same by what it cost. */
  peakTurn: Turn
  siegeTurn: Turn
}

function judge({ peak, besieged, healthy, after, peakTurn, siegeTurn }: Outcomes): Goal[] {
  const peakMs = peak.quantileMs(0.99)
  const besiegedMs = besieged.quantileMs(0.99)
  const normalMs = normalAfterMs(after, peakMs)
  const share = besieged.goodput / peak.goodput
  const cpuShare = perCpuSecond(siegeTurn) / perCpuSecond(peakTurn)
  const isHealthy = healthy.count(200) === healthy.answers.length
  return [
    {
      what: `goodput at ${factor} times the peak of ${figure(peak.goodput)}/s`,
      goal: '≥ 0.9 of the peak',
      reached: `${figure(share)} (${figure(besieged.goodput)}/s)`,
      isReached: share >= 0.9,
    },
    {
      what: 'the same by second of its CPU, as where others take some of it',
      goal: '≥ 0.9 of the peak',
      reached: `${figure(cpuShare)} (busy ${busy(peakTurn)} and ${busy(siegeTurn)})`,
      isReached: cpuShare >= 0.9,
    },
    {
      what: 'p99 of what is served',
      goal: `≤ 2 × ${figure(peakMs)} ms`,
      reached: `${figure(besiegedMs)} ms (p50 ${figure(besieged.quantileMs(0.5))} ms)`,
      isReached: besiegedMs <= 2 * peakMs,
    },
    {
      what: `back to normal at ${recoveryShare} of the peak`,
      goal: '≤ 5 s',
      reached: `${figure(normalMs / 1000)} s`,
      isReached: normalMs <= 5000,
    },
    {
      what: 'answers of /health/ready meanwhile',
      goal: 'all 200',
      reached: `${healthy.count(200)} of ${healthy.answers.length}, p99 ${figure(healthy.quantileMs(0.99))} ms`,
      isReached: isHealthy,
    },
    {
      what: 'requests without an answer, or with a 500',
      goal: '0',
      reached: figure(besieged.failed),
      isReached: besieged.failed === 0,
    },
  ]
}

/** After this no second has a refusal, or one in a hundred that is slower than at the peak. */
function normalAfterMs({ answers }: Outcome, peakMs: number): number {
  for (let second = recoverySeconds - 1; second >= 0; second--) {
    const within = answers.filter(({ dueMs }) => Math.floor(dueMs / 1000) === second)
    const bad = within.filter(({ status, latencyMs }) => status !== 200 || latencyMs > peakMs)
    if (within.some(({ status }) => status !== 200) || bad.length > within.length / 100) return (second + 1) * 1000
  }
  return 0
}

function busy({ cpuSeconds, seconds }: Turn): string {
  return `${figure((100 * cpuSeconds) / seconds)} %`
}

export function portOf({ origin }: Server): number {
  return Number(new URL(origin).port)
}
