/** The cost of authentication: `node bench/accounts.ts [--rounds N] [--seconds N] [--dry]`. Writes into bench/README.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { fillGalley, startGalley } from './galley.ts'
import { type RoundsResult, type RunningTarget, runRounds } from './http1/rounds.ts'
import { machineText, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'
import { runWrk } from './wrk.ts'

const goal = 0.85
const todos = 10_000
const connections = 64
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    dry: { type: 'boolean', default: false },
  },
})
const { serverCore, clientCore } = twoCores()

/** A way to authenticate a request. */
interface Way {
  name: string
  header: readonly [string, string] | null
}

interface AuthenticatedTarget extends RunningTarget {
  way: Way
}

async function main(): Promise<void> {
  const folder = temporaryFolder()
  const server = await startGalley({ folder, core: serverCore })
  const ids = await fillGalley(server.origin, todos)
  const gets = join(folder, 'gets')
  writeFileSync(gets, `${ids.map((id) => `/api/todos/${id}`).join('\n')}\n`)
  const ways = await signInEveryWay(server.origin)
  const targets: AuthenticatedTarget[] = ways.map((way) => ({ name: way.name, server, way }))
  const result = await runRounds({
    targets,
    cases: [{ name: 'get' }],
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmupSeconds: 2,
    takes: () => true,
    async run({ way }, _, seconds) {
      const load = { getsFile: gets, postShare: 0, postPath: '/', postBody: '', header: way.header }
      const result = await runWrk(load, { origin: server.origin, connections, seconds, core: clientCore })
      const { requests, requestsPerSecond, p50Ms, p99Ms } = result
      return { amount: requests, perSecond: requestsPerSecond, p50Ms, p99Ms }
    },
  })
  const text = `${machineText()} Medians of ${values.rounds} rounds of ${values.seconds} s, ${connections} connections.\n\n${table(result, ways)}`
  console.log(`\n${text}`)
  if (!values.dry) writeReadme(text, 'node bench/accounts.ts')
  await stopAll()
}

async function signInEveryWay(origin: string): Promise<Way[]> {
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}${path}`, { method: 'POST', body: JSON.stringify(body), headers })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return { cookie: response.headers.get('set-cookie') ?? '', body: (await response.json()) as { data: ResponseData } }
  }
  const { cookie } = await post('/api/auth/sign-up', account)
  const own = cookie.split(';', 1)[0] ?? ''
  const { body: signedIn } = await post('/api/auth/sign-in', { ...account, token: true })
  const { body: made } = await post('/api/auth/keys', { name: 'bench', scopes: ['*'] }, { Cookie: own })
  return [
    { name: 'anonymous', header: null },
    { name: 'cookie', header: ['Cookie', own] },
    { name: 'bearer token', header: ['Authorization', `Bearer ${signedIn.data.token}`] },
    { name: 'API key', header: ['Authorization', `Bearer ${made.data.secret}`] },
  ]
}

interface ResponseData {
  token?: string
  secret?: string
}

const account = { email: 'bench@galley.example', password: 'a long password for a bench' }

function table({ samples }: RoundsResult, ways: readonly Way[]): string {
  const rates = (name: string) =>
    samples.filter(({ target }) => target === name).map(({ perCpuSecond }) => perCpuSecond)
  const base = median(rates('anonymous'))
  const rows = ways.map(({ name }) => {
    const own = rates(name)
    const part = median(own) / base
    return [
      name,
      figure(median(own)),
      `${figure(Math.min(...own))}–${figure(Math.max(...own))}`,
      figure(part),
      part >= goal ? 'yes' : 'no',
    ]
  })
  return markdownTable([
    ['GET of one todo', 'per second of CPU', 'lowest–highest', 'of anonymous', `${goal} or more`],
    ...rows,
  ])
}

await main()
