/** The limits of Galley's engine that a benchmark would run into, raised. */
import type { Limits } from '../../src/http1/limits.ts'
import { bodyBytesMax, idleMs } from './responses.ts'

export const limits = {
  connectionsMax: 20_000,
  connectionsPerAddressMax: 20_000,
  bodyBytesMax,
  keepAliveTimeoutMs: idleMs,
} satisfies Partial<Limits>
