/** The declared access to account routes, and the public routes. */
import { anonymous, everyone, keys, known, type Outcomes, people } from './outcomes.ts'
import { type Askers, password } from './people.ts'
import type { Question } from './request-transports.ts'

export interface DeclaredRoute {
  outcomes: Outcomes
  /** The request; where it concerns a user, that is the owner. */
  ask(askers: Askers): Omit<Question, 'line'> & { path?: string }
  /** A path that does not exist, to compare a 404 with. */
  missing?: string
  /** True when the request ends its own credential, so that the next case needs new accounts. */
  isLast?: boolean
}

const none = '00000000000000000000000000'
const newPassword = 'staple battery horse'
const email = () => `${crypto.randomUUID()}@example.com`

const signedIn: Outcomes = { 200: people, 401: anonymous, 403: keys }
const ended: Outcomes = { 204: people, 401: anonymous, 403: keys }
const ownThing: Outcomes = { 204: ['owner'], hidden: ['other', 'editor', 'admin'], 401: anonymous, 403: keys }
const forAdmins: Outcomes = { 200: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') }
const missingForAdmins: Outcomes = { ...forAdmins, 200: [], 404: ['admin'] }
const endedByAdmins: Outcomes = { 204: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') }

export const declaredAccounts: Readonly<Record<string, DeclaredRoute>> = {
  'POST /api/auth/sign-up': {
    outcomes: { 201: everyone },
    ask: () => ({ body: { email: email(), password, token: true } }),
  },
  'POST /api/auth/sign-in': {
    outcomes: { 200: everyone },
    ask: ({ owner }) => ({ body: { email: owner.email, password, token: true } }),
  },
  'POST /api/auth/sign-out': {
    outcomes: { 204: [...anonymous, ...people], 403: keys },
    ask: () => ({}),
    isLast: true,
  },
  'GET /api/auth/me': { outcomes: { 200: known, 401: anonymous }, ask: () => ({}) },
  'GET /api/auth/sessions': { outcomes: signedIn, ask: () => ({}) },
  'DELETE /api/auth/sessions': { outcomes: ended, ask: () => ({}), isLast: true },
  'DELETE /api/auth/sessions/:id': {
    outcomes: ownThing,
    ask: ({ owner }) => ({ path: `/api/auth/sessions/${owner.credentialId}` }),
    missing: `/api/auth/sessions/${none}`,
    isLast: true,
  },
  'GET /api/auth/keys': { outcomes: signedIn, ask: () => ({}) },
  'POST /api/auth/keys': {
    outcomes: { 201: people, 401: anonymous, 403: keys },
    ask: () => ({ body: { name: 'key', scopes: ['*'] } }),
  },
  'DELETE /api/auth/keys/:id': {
    outcomes: ownThing,
    ask: ({ readingKey }) => ({ path: `/api/auth/keys/${readingKey.credentialId}` }),
    missing: `/api/auth/keys/${none}`,
    isLast: true,
  },
  'POST /api/auth/password': {
    outcomes: ended,
    ask: () => ({ body: { password, newPassword } }),
    isLast: true,
  },
  'DELETE /api/auth/me': { outcomes: ended, ask: () => ({ body: { password } }), isLast: true },
  'POST /api/auth/reset': { outcomes: { 202: everyone }, ask: () => ({ body: { email: email() } }) },
  /** The token of an email is valid from any caller. */
  'POST /api/auth/reset/confirm': {
    outcomes: { 400: everyone },
    ask: () => ({ body: { token: `glr_${'A'.repeat(43)}`, password: newPassword } }),
  },
  'POST /api/auth/verify': {
    outcomes: { 202: ['editor', 'owner', 'admin'], 409: ['other'], 401: anonymous, 403: keys },
    ask: () => ({}),
    /** An address gets five emails an hour. */
    isLast: true,
  },
  /** A code is valid for the owner of its address alone. */
  'POST /api/auth/verify/confirm': {
    outcomes: { 400: ['editor', 'owner', 'admin'], 409: ['other'], 401: anonymous, 403: keys },
    ask: () => ({ body: { code: `glv_${'A'.repeat(43)}` } }),
  },
  'GET /api/admin/users': { outcomes: forAdmins, ask: () => ({}) },
  'GET /api/admin/users/:id': {
    outcomes: forAdmins,
    ask: ({ other }) => ({ path: `/api/admin/users/${other.userId}` }),
  },
  'PATCH /api/admin/users/:id': {
    outcomes: forAdmins,
    ask: ({ other }) => ({ path: `/api/admin/users/${other.userId}`, body: { role: 'user' } }),
  },
  'DELETE /api/admin/users/:id/sessions': {
    outcomes: endedByAdmins,
    ask: ({ other }) => ({ path: `/api/admin/users/${other.userId}/sessions` }),
    isLast: true,
  },
  'GET /api/admin/audit': { outcomes: forAdmins, ask: () => ({}) },
  'GET /api/admin/jobs': { outcomes: forAdmins, ask: () => ({}) },
  'POST /api/admin/jobs/:id/run': {
    outcomes: missingForAdmins,
    ask: () => ({ path: '/api/admin/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/run' }),
  },
  'DELETE /api/admin/jobs/:id': {
    outcomes: missingForAdmins,
    ask: () => ({ path: '/api/admin/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV' }),
  },
}

/** Routes that return the same to every caller, and need no valid credential. */
export const declaredOpen: Readonly<Record<string, { path: string; status: number }>> = {
  'GET /api/connect': { path: '/api/connect', status: 426 },
  'GET /': { path: '/', status: 200 },
  'GET /docs': { path: '/docs', status: 200 },
  'GET /status': { path: '/status', status: 200 },
  'GET /metrics': { path: '/metrics', status: 200 },
  'GET /health/live': { path: '/health/live', status: 200 },
  'GET /health/ready': { path: '/health/ready', status: 200 },
  'GET /openapi.json': { path: '/openapi.json', status: 200 },
  'GET /echo/:message': { path: '/echo/hello', status: 200 },
  'GET /user-agent': { path: '/user-agent', status: 200 },
}
