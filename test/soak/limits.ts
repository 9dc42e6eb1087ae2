/** The limits of the server that is soaked: short enough for a phase to reach each of them many times. */
import type { Limits } from '../../adapters/tcp/serve.ts'

export const limits = {
  requestsPerConnectionMax: 60,
  connectionsPerAddressMax: 200,
  headTimeoutMs: 3000,
  bodyIdleTimeoutMs: 3000,
  keepAliveTimeoutMs: 6000,
  halfCloseTimeoutMs: 3000,
  writeTimeoutMs: 4000,
  standstillTimeoutMs: 4000,
  lingerTimeoutMs: 1000,
} satisfies Partial<Limits>

/** Of the second plain server. */
export const smallLimits = { ...limits, connectionsMax: 20 } satisfies Partial<Limits>

/** Clocks of the server go in steps of half a second, and a busy machine takes its time. */
export const slackMs = 6000
