import { expect, test } from 'vitest'
import { createPasswords } from '../../adapters/process/passwords.ts'
import { cheap } from '../harness/passwords.ts'

const phc = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]{22})\$([\w+/]{43})$/

test('a password is hashed by scrypt with 2^15, 8 and 3 and a salt of its own', async () => {
  const { hash, verify, isCurrent } = createPasswords()
  const [first, second] = await Promise.all([hash('correct horse'), hash('correct horse')])
  expect(phc.exec(first)?.slice(1, 4)).toEqual(['15', '8', '3'])
  expect(first).not.toBe(second)
  expect(await verify('correct horse', first)).toBe(true)
  expect(await verify('Correct horse', first)).toBe(false)
  expect(isCurrent(first)).toBe(true)
})

test('a hash is verified with the parameters that it names', async () => {
  const before = createPasswords({ cost: cheap })
  const now = createPasswords({ cost: { ...cheap, p: 2 } })
  const stored = await before.hash('correct horse')
  expect(await now.verify('correct horse', stored)).toBe(true)
  expect([before.isCurrent(stored), now.isCurrent(stored)]).toEqual([true, false])
})

/** RFC 7914 §12: "pleaseletmein" with N=16384, r=8, p=1, the first 32 of its bytes asked for as such. */
test('scrypt is that of RFC 7914', async () => {
  const salt = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '')
  const hash = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex')
  const stored = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.toString('base64').replace(/=+$/, '')}`
  expect(await createPasswords().verify('pleaseletmein', stored)).toBe(true)
})

test('no hash is no password', async () => {
  const { verify } = createPasswords({ cost: cheap })
  expect(await verify('', null)).toBe(false)
  expect(await verify('anything', null)).toBe(false)
})

test('a stored value that is not a hash is an internal error', async () => {
  const { verify } = createPasswords({ cost: cheap })
  await expect(verify('x', 'plain')).rejects.toThrow('not a password hash')
})

test('beyond those that run and those that wait, more are refused as busy', async () => {
  const { hash } = createPasswords({ cost: cheap, concurrencyMax: 2, waitingMax: 3 })
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => hash('correct horse')))
  expect(all.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), ...Array(5).fill('rejected')])
  expect(all[9]).toMatchObject({ reason: { code: 'busy', headers: { 'Retry-After': '2' } } })
  expect(await hash('correct horse')).toMatch(phc)
})
