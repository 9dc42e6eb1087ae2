import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeSecret, signatureOf } from '../../src/webhooks/signature.ts'

test('a signature is that of the test vector which the libraries of Standard Webhooks publish', async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }
  const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  expect(await signatureOf([secret], message)).toBe(expected)
  const other = makeSecret({ random: (bytes) => crypto.getRandomValues(bytes) })
  const both = await signatureOf([other, secret], message)
  expect(both.split(' ')).toEqual([await signatureOf([other], message), expected])
})

test('a secret has 32 bytes in the form of the specification', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const secret = makeSecret({ random: (target) => (target.set(bytes), target) })
      expect(secret).toMatch(/^whsec_[\w+/]{43}=$/)
      expect(Uint8Array.fromBase64(secret.slice('whsec_'.length))).toEqual(bytes)
    }),
    { numRuns: 20 },
  )
})
