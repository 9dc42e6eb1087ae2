/** The one write of each turn of the loop that runs jobs. */
import { run } from '../database/steps.ts'
import type { SqlRow, Steps } from '../ports/database.ts'
import { claimExpired, claimWaiting, type Lease, nextDue, renewLeases } from '../queue/store.ts'
import type { Lane } from './lane.ts'
import { type Ended, settle } from './outcome.ts'

/** A process that has not renewed its lease for so long has ended, or stands still. */
const leaseMs = 10_000

export interface Turn {
  /** Names the process in its leases. */
  owner: string
  newId(): string
  /** Outcomes to store. */
  ended: readonly Ended[]
  /** Jobs to claim. */
  plans: readonly Plan[]
  nowMs: number
  isRenewing: boolean
}

export interface Plan {
  lane: Lane
  room: number
}

export interface Claim {
  lane: Lane
  rows: readonly SqlRow[]
  /** The time at which the next job is due; null for none. */
  nextMs: number | null
}

export interface TurnResult {
  claims: readonly Claim[]
  /** The ids of all leases of this process; null unless they were renewed. */
  leased: readonly SqlRow[] | null
}

/** Stores outcomes, renews leases, and claims jobs that are due. */
export function* turnSteps({ owner, newId, ended, plans, nowMs, isRenewing }: Turn): Steps<TurnResult> {
  const lease = { owner, untilMs: nowMs + leaseMs }
  for (const each of ended) yield* settle(each, owner, nowMs, newId())
  const leased = isRenewing ? yield* run(renewLeases(lease)) : null
  const claims: Claim[] = []
  for (const plan of plans) claims.push(yield* claim(plan, lease, nowMs))
  return { claims, leased }
}

function* claim({ lane, room }: Plan, lease: Lease, nowMs: number): Steps<Claim> {
  const { name } = lane.job
  const expired = yield* run(claimExpired(name, nowMs, lease, room))
  const waiting = expired.length < room ? yield* run(claimWaiting(name, nowMs, lease, room - expired.length)) : []
  const rows = [...expired, ...waiting]
  if (rows.length === room) return { lane, rows, nextMs: nowMs }
  const [next] = yield* run(nextDue(name, nowMs, lease.owner))
  return { lane, rows, nextMs: next?.at === undefined || next.at === null ? null : Number(next.at) }
}
