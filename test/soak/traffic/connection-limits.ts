/** More connections than the limits of one address or of the server. */
import { limits, smallLimits } from '../limits.ts'
import { asked } from '../requests.ts'
import type { Scenario, User } from '../user.ts'
import { BrokenError, type WireOptions } from '../wire.ts'

type Fate = 'served' | 'refused' | 'lost' | 'broken'

const extra = 20
let isRunning = false

/** Those beyond the limit are refused; when they have sent a request by then the refusal may be lost. */
async function visit(user: User, options: Partial<WireOptions>): Promise<Fate> {
  const { random } = user
  const line = await user.open(options)
  const isSilent = random.below(8) === 0
  const number = user.nextNumber()
  const request = asked(random, number, { path: '/json', text: JSON.stringify({ number }) })
  const sent = isSilent ? Promise.resolve() : user.send(line.wire, [request.head], {})
  try {
    await sent
    const response = await line.reader.next('GET')
    if (response.status === 503) return 'refused'
    return request.fault(response) === null ? 'served' : 'broken'
  } catch (error) {
    return isSilent && (error as Error).message.startsWith('ended before a response') ? 'served' : 'lost'
  }
}

async function connectMany(user: User, size: number, options: WireOptions): Promise<Record<Fate, number>> {
  const fates: Record<Fate, number> = { served: 0, refused: 0, lost: 0, broken: 0 }
  const all = Array.from({ length: size }, async () => {
    const fate = await visit(user, options)
    fates[fate] += 1
    user.note(`of many connections: ${fate}`)
  })
  await Promise.all(all)
  return fates
}

/** Runs one at a time in a process, so that the number of connections is the intended one. */
async function alone(play: () => Promise<void>): Promise<void> {
  if (isRunning) return
  isRunning = true
  try {
    await play()
  } finally {
    isRunning = false
  }
}

const fromOneAddress: Scenario = {
  name: 'connections of an address',
  weight: 1,
  play: (user) =>
    alone(async () => {
      const { random } = user
      const localAddress = `127.${1 + random.below(200)}.${random.below(256)}.${1 + random.below(200)}`
      const most = limits.connectionsPerAddressMax
      const fates = await connectMany(user, most + extra, { port: user.ports.plain, localAddress })
      if (fates.served !== most || fates.broken > 0) throw new BrokenError(`connections fared ${JSON.stringify(fates)}`)
    }),
}

const atSmallServer: Scenario = {
  name: 'connections',
  weight: 2,
  play: (user) =>
    alone(async () => {
      const fates = await connectMany(user, smallLimits.connectionsMax + extra, { port: user.ports.small })
      if (fates.served > smallLimits.connectionsMax || fates.broken > 0) {
        throw new BrokenError(`connections fared ${JSON.stringify(fates)}`)
      }
    }),
}

export const connectionLimits: readonly Scenario[] = [fromOneAddress, atSmallServer]
