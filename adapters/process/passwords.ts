/**
 * The passwords port by scrypt of node:crypto, on Node, Deno, Bun, and on Workers with `nodejs_compat`. It computes in
 * threads beside the event loop (in a Worker, in the isolate that calls it), a few at a time.
 */
import { type BinaryLike, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError } from '../../src/errors.ts'
import type { Passwords } from '../../src/ports/passwords.ts'

/** The cost parameters of scrypt (RFC 7914); `N` is 2 to the power of `ln`. */
interface Cost {
  ln: number
  r: number
  p: number
}

export interface PasswordsOptions {
  /** OWASP's advice for 32 MiB by default; tests use less. */
  cost?: Cost
  /** How many run at once; other work needs threads, too. */
  concurrencyMax?: number
  /** How many may wait: at a tenth of a second each, some seconds. */
  waitingMax?: number
}

const usualCost: Cost = { ln: 15, r: 8, p: 3 }
const saltBytes = 16
const hashBytes = 32
const phcPattern = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/

export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const {
    cost = usualCost,
    concurrencyMax = Math.min(4, Math.max(1, availableParallelism() - 1)),
    waitingMax = 64,
  } = options
  const limit = createConcurrencyLimit(concurrencyMax, waitingMax)
  const prefix = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$`
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes)
      const hash = await limit(() => derive(password, salt, hashBytes, cost))
      return `${prefix}${unpadded(salt)}$${unpadded(hash)}`
    },
    async verify(password, hash) {
      const stored = hash === null ? { cost, salt: randomBytes(saltBytes), hash: null } : parse(hash)
      const computed = await limit(() => derive(password, stored.salt, stored.hash?.length ?? hashBytes, stored.cost))
      return stored.hash !== null && timingSafeEqual(computed, stored.hash)
    },
    isCurrent: (hash) => hash.startsWith(prefix),
  }
}

/** Runs some tasks at once, lets some wait, and throws `busy` for more. */
function createConcurrencyLimit(concurrencyMax: number, waitingMax: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async function limit<T>(work: () => Promise<T>): Promise<T> {
    if (running >= concurrencyMax) {
      if (waiting.length >= waitingMax) throw new AppError('busy', undefined, { headers: { 'Retry-After': '2' } })
      // A task that ends starts the first waiting one, so later ones can't overtake it.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

function derive(password: string, salt: BinaryLike, bytes: number, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  // scrypt needs 128 * N * r bytes and a little more.
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function parse(phc: string): { cost: Cost; salt: Buffer; hash: Buffer } {
  const [, ln, r, p, salt = '', hash = ''] = phcPattern.exec(phc) ?? []
  if (ln === undefined) throw new Error('The stored value is not a password hash.')
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

/** Base 64 without padding, as in the PHC string format. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
