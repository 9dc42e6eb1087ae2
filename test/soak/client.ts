/** A process with many users, which run scenarios until told to stop: `client.ts INDEX`. */
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../fuzz/random.ts'
import type { ClientOrder } from './commands.ts'
import { bad } from './traffic/bad.ts'
import { connectionLimits } from './traffic/connection-limits.ts'
import { good } from './traffic/good.ts'
import { slow } from './traffic/slow.ts'
import { sockets } from './traffic/sockets.ts'
import { type Scenario, type Tally, User, type UserOptions } from './user.ts'

const index = Number(process.argv[2] ?? 0)
const scenes = [...good, ...bad, ...slow, ...connectionLimits, ...sockets]
const restMs = 30
let lastNumber = (index + 1) * 1e9

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line) as ClientOrder))
  .on('close', () => process.exit())
process.stdout.write('{"ready":true}\n')

async function obey(order: ClientOrder): Promise<void> {
  const { id, phase, seed, users, seconds, ports, only } = order
  const hat = filled(only)
  const result: Tally = { asked: 0, answered: 0, played: {}, noted: {}, findings: [] }
  const untilMs = performance.now() + seconds * 1000
  const all = Array.from({ length: users }, async (_, place) => {
    const random = new Random(((seed * 1000 + phase) * 10 + index) * 100 + place)
    await play({ random, phase, seed, ports, result, nextNumber: () => ++lastNumber }, hat, untilMs)
  })
  await Promise.all(all)
  process.stdout.write(`${JSON.stringify({ id, result })}\n`)
}

/** Each scenario as often as it weighs. */
function filled(only: readonly string[]): Scenario[] {
  const chosen = scenes.filter(({ name }) => only.length === 0 || only.includes(name))
  return chosen.flatMap((scenario) => Array.from({ length: scenario.weight }, () => scenario))
}

async function play(options: UserOptions, hat: readonly Scenario[], untilMs: number): Promise<void> {
  const user = new User(options)
  while (performance.now() < untilMs) {
    await user.play(options.random.pick(hat))
    await pause(options.random.below(restMs))
  }
}
