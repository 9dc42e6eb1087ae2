/** The shipped server on Node, with a fast scrypt. */
import { serve } from '../../adapters/node/serve.ts'
import { server } from '../../src/server.ts'
import { withFastPasswords } from '../harness/passwords.ts'

await serve((platform) => server(withFastPasswords(platform)), {
  publicFolder: new URL('../../src/web/public/', import.meta.url),
})
