/**
 * Passwords on Workers are hashed in the Worker in front, not in the Durable Object, which has one thread for
 * all requests. Only the object can reach the entrypoint `Passwords`, by a service binding.
 */

import { AppError } from '../../src/errors.ts'
import type { Passwords } from '../../src/ports/passwords.ts'
import { createPasswords } from '../process/passwords.ts'

/** A service binding. */
export interface PasswordsBinding {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

interface PasswordRequest {
  password: string
  /** The hash to verify against; missing to make a new one. */
  hash?: string | null
}

const local = createPasswords()

/** The entrypoint: an object with a `fetch`, as Workers take it. */
export const passwordsEntrypoint = {
  async fetch(request: Request): Promise<Response> {
    const { password, hash } = (await request.json()) as PasswordRequest
    try {
      const result = hash === undefined ? await local.hash(password) : await local.verify(password, hash)
      return Response.json({ result })
    } catch (error) {
      if (error instanceof AppError) return Response.json({ busy: true }, { status: 503 })
      throw error
    }
  },
}

/** The passwords port over that binding; without one passwords are hashed in the object. */
export function createWorkerPasswords(binding: PasswordsBinding | undefined): Passwords {
  if (binding === undefined) return local
  const send = async (body: PasswordRequest) => {
    const response = await binding.fetch('https://passwords.invalid/', { method: 'POST', body: JSON.stringify(body) })
    if (response.status === 503) throw new AppError('busy', undefined, { headers: { 'Retry-After': '2' } })
    return ((await response.json()) as { result: unknown }).result
  }
  return {
    hash: async (password) => String(await send({ password })),
    verify: async (password, hash) => (await send({ password, hash })) === true,
    isCurrent: local.isCurrent,
  }
}
