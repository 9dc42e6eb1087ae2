/**
 * The passwords port by scrypt of node:crypto, on Node, on Deno, and on Workers with `nodejs_compat`. It computes in
 * threads beside the event loop (in a Worker, in the isolate that calls it), a few at a time.
 */
import { type BinaryLike, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError } from '../../src/errors.ts'
import type { Passwords } from '../../src/ports/passwords.ts'

/** The work that scrypt (RFC 7914) is told to do: `N` is 2 to the power of `ln`. */
interface Cost {
  ln: number
  r: number
  p: number
}

export interface PasswordsOptions {
  /** OWASP's advice for 32 MiB, unless told; less is for tests. */
  cost?: Cost
  /** How many run at once; others need threads, too. */
  atOnceMax?: number
  /** How many may wait for their turn: at a tenth of a second each, some seconds. */
  waitingMax?: number
}

const usualCost: Cost = { ln: 15, r: 8, p: 3 }
const saltBytes = 16
const hashBytes = 32
const phcPattern = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/

export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const {
    cost = usualCost,
    atOnceMax = Math.min(4, Math.max(1, availableParallelism() - 1)),
    waitingMax = 64,
  } = options
  const inTurn = createTurns(atOnceMax, waitingMax)
  const prefix = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$`
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes)
      const hash = await inTurn(() => derive(password, salt, hashBytes, cost))
      return `${prefix}${unpadded(salt)}$${unpadded(hash)}`
    },
    async verify(password, hash) {
      const stored = hash === null ? { cost, salt: randomBytes(saltBytes), hash: null } : parse(hash)
      const computed = await inTurn(() => derive(password, stored.salt, stored.hash?.length ?? hashBytes, stored.cost))
      return stored.hash !== null && timingSafeEqual(computed, stored.hash)
    },
    isCurrent: (hash) => hash.startsWith(prefix),
  }
}

/** Runs so many at once, lets so many wait, and refuses the rest. */
function createTurns(atOnceMax: number, waitingMax: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) throw new AppError('busy', undefined, { headers: { 'Retry-After': '2' } })
      // Whoever ends hands its place on, so nobody who comes later gets in between.
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
  if (ln === undefined) throw new Error('What is stored is no hash of a password.')
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

/** Base 64 as the PHC string format has it. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
