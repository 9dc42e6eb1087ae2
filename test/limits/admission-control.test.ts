import { expect, test } from 'vitest'
import { AdmissionControl, type AdmissionControlOptions, isUrgent } from '../../src/limits/admission-control.ts'
import type { RateLimitDecision } from '../../src/limits/decisions.ts'
import { Overload } from '../../src/limits/overload.ts'
import type { RateLimits } from '../../src/limits/rate-limits.ts'
import type { Identity } from '../../src/request/identity.ts'

const client = { address: '192.0.2.1', isSecure: false }
const user: Identity = {
  userId: '01JCZ0000000000000000USER1',
  role: 'user',
  isVerified: false,
  scopes: null,
  credentialId: 'session1',
  credential: 'session',
  expiresAtMs: null,
}

function createAdmission(options: Partial<AdmissionControlOptions> = {}) {
  const clock = { nowMs: 1000 }
  const admission = new AdmissionControl({
    isLimiting: true,
    overload: null,
    random: (bytes) => crypto.getRandomValues(bytes),
    now: () => clock.nowMs,
    ...options,
  })
  admission.arrive()
  return { admission, clock }
}

test('an address may ask 600 times at once and then 200 times a second', () => {
  const { admission, clock } = createAdmission()
  for (let n = 0; n < 600; n += 1) expect(admission.take(null, client)).toMatchObject({ isAllowed: true })
  expect(admission.take(null, client)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 })
  clock.nowMs += 1000
  admission.arrive()
  for (let n = 0; n < 200; n += 1) expect(admission.take(null, client)).toMatchObject({ isAllowed: true })
  expect(admission.take(null, client)).toMatchObject({ isAllowed: false })
})

test('a user has another bucket than the address that it asks from', () => {
  const { admission } = createAdmission()
  void admission.take(null, client, 600)
  expect(admission.take(null, client)).toMatchObject({ isAllowed: false })
  expect(admission.take(user, client)).toMatchObject({ isAllowed: true })
})

/** The address of client number `n` in a /48, one in each /64: 256 of them make a /56. */
function inPrefix(n: number) {
  return { address: `2001:db8:7:${n.toString(16)}::1`, isSecure: false }
}

/** The number of requests that pass, when each of the clients asks as often as it may. */
function passing(admission: AdmissionControl, who: Identity | null, clients: number, step: number): number {
  let count = 0
  for (let n = 0; n < clients; n += 1) {
    for (let tries = 0; tries < 600; tries += 1) {
      const decision = admission.take(who && { ...who, userId: `user${n}` }, inPrefix(n * step))
      if ((decision as RateLimitDecision).isAllowed) count += 1
    }
  }
  return count
}

test('the clients of an IPv6 /56 may together ask 4 times as often as one of them, those of a /48 16 times', () => {
  expect(passing(createAdmission().admission, null, 70, 1)).toBe(4 * 600)
  expect(passing(createAdmission().admission, null, 70, 256)).toBe(16 * 600)
})

test('the users of an IPv6 /64 may together ask 4 times as often as one of them, those of a /56 16 times', () => {
  expect(passing(createAdmission().admission, user, 70, 0)).toBe(4 * 600)
  expect(passing(createAdmission().admission, user, 70, 1)).toBe(16 * 600)
})

test('a client that is refused takes nothing from the networks that it is in', () => {
  const { admission } = createAdmission()
  for (let n = 0; n < 10_000; n += 1) void admission.take(null, inPrefix(1))
  expect(admission.take(null, inPrefix(2))).toMatchObject({ isAllowed: true, headers: null })
})

test('a dear route is charged to the networks of the client, too', () => {
  const { admission } = createAdmission({ costs: { 'POST /api/reports': 300 } })
  for (let n = 0; n < 9; n += 1) admission.chargeRoute(null, inPrefix(n), 'POST', '/api/reports')
  expect(admission.take(null, inPrefix(10))).toMatchObject({ isAllowed: false })
})

test('a dear route is charged for once it is known', () => {
  const { admission } = createAdmission({ costs: { 'POST /api/reports': 300 } })
  for (let n = 0; n < 2; n += 1) {
    expect(admission.take(null, client)).toMatchObject({ isAllowed: true })
    admission.chargeRoute(null, client, 'POST', '/api/reports')
  }
  expect(admission.take(null, client)).toMatchObject({ isAllowed: false })
})

test('no client is limited where limits are off, nor on this machine', () => {
  expect(createAdmission({ isLimiting: false }).admission.take(null, client)).toBeNull()
  expect(createAdmission().admission.take(user, { address: '127.0.0.1', isSecure: false })).toBeNull()
  expect(createAdmission().admission.take(null, null)).toBeNull()
})

test('buckets may be stored outside the process, asynchronously', async () => {
  const taken: [string, number][] = []
  const decision = { isAllowed: true, retryAfterSeconds: 0, headers: null }
  const limits: RateLimits = {
    take(...given) {
      taken.push(given)
      return Promise.resolve(decision)
    },
    charge: (...given) => void taken.push(given),
  }
  const { admission } = createAdmission({ limits, costs: { 'GET /api/todos': 3 } })
  expect(await admission.take(user, client)).toBe(decision)
  admission.chargeRoute(user, client, 'GET', '/api/todos')
  expect(taken).toEqual([
    [user.userId, 1],
    [`users of ${client.address}`, 1 / 4],
    [user.userId, 2],
    [`users of ${client.address}`, 2 / 4],
  ])
})

test('it asks for the time once for each arrival', () => {
  let asked = 0
  const { admission } = createAdmission({
    overload: new Overload({ now: () => 0, defer: () => {} }),
    now() {
      asked += 1
      return 5
    },
  })
  expect(admission.shedding).toBe('none')
  void admission.take(null, client)
  void admission.take(null, client)
  expect(asked).toBe(1)
})

test('a busy server admits administrators and no other client', () => {
  expect(isUrgent({ ...user, role: 'admin' })).toBe(true)
  expect(isUrgent(user)).toBe(false)
  expect(isUrgent(null)).toBe(false)
})
