import { expect, test } from 'vitest'
import { AdmissionControl, type AdmissionControlOptions, isUrgent } from '../../src/limits/admission-control.ts'
import { Overload } from '../../src/limits/overload.ts'
import type { RateLimits } from '../../src/limits/rate-limits.ts'
import type { Identity } from '../../src/request/identity.ts'

const here = { address: '192.0.2.1', isSecure: false }
const user: Identity = {
  userId: '01JCZ0000000000000000USER1',
  role: 'user',
  scopes: null,
  credentialId: 'session1',
  credential: 'session',
  expiresAtMs: null,
}

function createGate(options: Partial<AdmissionControlOptions> = {}) {
  const clock = { nowMs: 1000 }
  const gate = new AdmissionControl({
    isLimiting: true,
    overload: null,
    random: (bytes) => crypto.getRandomValues(bytes),
    now: () => clock.nowMs,
    ...options,
  })
  gate.arrive()
  return { gate, clock }
}

test('an address may ask 600 times at once and then 200 times a second', () => {
  const { gate, clock } = createGate()
  for (let n = 0; n < 600; n += 1) expect(gate.take(null, here)).toMatchObject({ isAllowed: true })
  expect(gate.take(null, here)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 })
  clock.nowMs += 1000
  gate.arrive()
  for (let n = 0; n < 200; n += 1) expect(gate.take(null, here)).toMatchObject({ isAllowed: true })
  expect(gate.take(null, here)).toMatchObject({ isAllowed: false })
})

test('a user has another bucket than the address that it asks from', () => {
  const { gate } = createGate()
  void gate.take(null, here, 600)
  expect(gate.take(null, here)).toMatchObject({ isAllowed: false })
  expect(gate.take(user, here)).toMatchObject({ isAllowed: true })
})

test('a dear route is charged for once it is known', () => {
  const { gate } = createGate({ costs: { 'POST /api/reports': 300 } })
  for (let n = 0; n < 2; n += 1) {
    expect(gate.take(null, here)).toMatchObject({ isAllowed: true })
    gate.charge(null, here, 'POST', '/api/reports')
  }
  expect(gate.take(null, here)).toMatchObject({ isAllowed: false })
})

test('nobody is limited where limits are off, nor on this machine', () => {
  expect(createGate({ isLimiting: false }).gate.take(null, here)).toBeNull()
  expect(createGate().gate.take(user, { address: '127.0.0.1', isSecure: false })).toBeNull()
  expect(createGate().gate.take(null, null)).toBeNull()
})

test('buckets may be kept elsewhere, where it takes a while', async () => {
  const taken: [string, number][] = []
  const verdict = { isAllowed: true, retryAfterSeconds: 0, headers: null }
  const limits: RateLimits = {
    take(...given) {
      taken.push(given)
      return Promise.resolve(verdict)
    },
    charge: (...given) => void taken.push(given),
  }
  const { gate } = createGate({ limits, costs: { 'GET /api/todos': 3 } })
  expect(await gate.take(user, here)).toBe(verdict)
  gate.charge(user, here, 'GET', '/api/todos')
  expect(taken).toEqual([
    [user.userId, 1],
    [user.userId, 2],
  ])
})

test('it asks for the time once for each arrival', () => {
  let asked = 0
  const { gate } = createGate({
    overload: new Overload({ now: () => 0, defer: () => {} }),
    now() {
      asked += 1
      return 5
    },
  })
  expect(gate.isOverloaded).toBe(false)
  void gate.take(null, here)
  void gate.take(null, here)
  expect(asked).toBe(1)
})

test('administrators are let in however busy the server is, and nobody else', () => {
  expect(isUrgent({ ...user, role: 'admin' })).toBe(true)
  expect(isUrgent(user)).toBe(false)
  expect(isUrgent(null)).toBe(false)
})
