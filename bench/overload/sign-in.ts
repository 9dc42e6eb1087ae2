/** Password guesses from one address, and their effect on other clients. */
import { figure } from '../figures.ts'
import { root, type Server, startServer } from '../server.ts'
import { requestText } from './connection.ts'
import { closeAll, type Outcome, openConnections, openLoop } from './load.ts'
import { type Goal, portOf } from './overload-case.ts'

const triesPerMinute = 10_000
const othersPerSecond = 500
/** Each far below its limit. */
const others = 250
const seconds = 15

/** Null where there is no such route. */
export async function measureSignInFlood(options: { folder: string; core: number }): Promise<Goal[] | null> {
  const server = await startServer({
    ...options,
    args: ['--max-semi-space-size=8', `${root}adapters/node.ts`],
    env: { LOG_LEVEL: 'info', TRUST_PROXY: '127.0.0.1' },
    readyPath: '/health/ready',
  })
  const response = await fetch(`${server.origin}/api/auth/sign-in`, { method: 'POST', body: '{}' })
  if (response.status === 404) {
    await server.stop()
    return null
  }
  await run(server, 3)
  const [alone] = await run(server, seconds)
  const [beside, attack] = await run(server, seconds, true)
  await server.stop()
  return judge(alone, beside, attack)
}

async function run(server: Server, forSeconds: number, isAttacked = false): Promise<[Outcome, Outcome | null]> {
  const users = await openConnections(portOf(server), 100)
  const attackers = await openConnections(portOf(server), isAttacked ? 300 : 0)
  const [rest, attack] = await Promise.all([
    openLoop({ connections: users, seconds: forSeconds, perSecond: othersPerSecond, request: readOf }),
    isAttacked
      ? openLoop({ connections: attackers, seconds: forSeconds, perSecond: triesPerMinute / 60, request: tryOf })
      : null,
  ])
  closeAll([...users, ...attackers])
  return [rest, attack]
}

function readOf(n: number): string {
  return requestText('GET /api/todos?limit=20', { 'X-Forwarded-For': `203.0.113.${n % others}` })
}

/** A different account each time, which costs the server most. */
function tryOf(n: number): string {
  const body = JSON.stringify({ email: `person${n}@example.org`, password: `not the password ${n}` })
  return requestText('POST /api/auth/sign-in', { 'X-Forwarded-For': '198.51.100.7' }, body)
}

function judge(alone: Outcome, beside: Outcome, attack: Outcome | null): Goal[] {
  const before = alone.quantileMs(0.99)
  const during = beside.quantileMs(0.99)
  const refused = attack?.count(429) ?? 0
  const tries = attack?.responses.length ?? 0
  return [
    {
      what: `sign-in tries from one address at ${figure(triesPerMinute)} a minute`,
      goal: 'most refused',
      reached: `${figure(refused)} of ${figure(tries)} refused`,
      isReached: refused > tries / 2,
    },
    {
      what: `p99 of others beside it`,
      goal: `≤ 2 × ${figure(before)} ms`,
      reached: `${figure(during)} ms`,
      isReached: during <= 2 * before,
    },
    {
      what: 'others that were refused',
      goal: '0',
      reached: figure(beside.responses.length - beside.count(200)),
      isReached: beside.count(200) === beside.responses.length,
    },
  ]
}
