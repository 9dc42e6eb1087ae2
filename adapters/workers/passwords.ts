/**
 * Passwords on Workers are hashed in the Worker in front, not in the Durable Object, which has one thread for
 * everybody. The object reaches it by a service binding to the entrypoint `Passwords`, which nobody else can.
 */

import { AppError } from '../../src/errors.ts'
import type { Passwords } from '../../src/ports/passwords.ts'
import { createPasswords } from '../process/passwords.ts'

/** A service binding. */
export interface PasswordsBinding {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

interface Asked {
  password: string
  /** What it is held against; left out to make a new one. */
  hash?: string | null
}

const here = createPasswords()

/** The entrypoint: an object with a `fetch`, as Workers take it. */
export const passwordsEntrypoint = {
  async fetch(request: Request): Promise<Response> {
    const { password, hash } = (await request.json()) as Asked
    try {
      const result = hash === undefined ? await here.hash(password) : await here.verify(password, hash)
      return Response.json({ result })
    } catch (error) {
      if (error instanceof AppError) return Response.json({ busy: true }, { status: 503 })
      throw error
    }
  },
}

/** The passwords port over that binding; without one they are hashed where they are asked for. */
export function createWorkerPasswords(binding: PasswordsBinding | undefined): Passwords {
  if (binding === undefined) return here
  const ask = async (asked: Asked) => {
    const response = await binding.fetch('https://passwords.invalid/', { method: 'POST', body: JSON.stringify(asked) })
    if (response.status === 503) throw new AppError('busy', undefined, { headers: { 'Retry-After': '2' } })
    return ((await response.json()) as { result: unknown }).result
  }
  return {
    hash: async (password) => String(await ask({ password })),
    verify: async (password, hash) => (await ask({ password, hash })) === true,
    isCurrent: here.isCurrent,
  }
}
