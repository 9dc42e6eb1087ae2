/** The shipped server on Node, with a fast scrypt. */
import { serve } from '../../adapters/node/serve.ts'
import { createPasswords } from '../../adapters/process/passwords.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { server } from '../../src/server.ts'
import { cheap } from '../harness/passwords.ts'

const passwords = createPasswords({ cost: cheap })

function withFastPasswords(platform: Platform): Platform {
  const { accounts } = platform
  return accounts ? { ...platform, accounts: { ...accounts, passwords } } : platform
}

await serve((platform) => server(withFastPasswords(platform)), {
  publicFolder: new URL('../../src/web/public/', import.meta.url),
})
