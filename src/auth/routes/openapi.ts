import { type RouteConfig, z } from '@hono/zod-openapi'
import { failures, json } from '../../http/openapi.ts'
import { auditActions } from '../audit.ts'
import {
  auditQuerySchema,
  confirmSchema,
  keySchema,
  leaveSchema,
  passwordSchema,
  resetSchema,
  signInSchema,
  signUpSchema,
  userChangeSchema,
  usersQuerySchema,
} from './schemas.ts'

const time = z.iso.datetime()
const id = z.string()

const user = z
  .object({ id, email: z.email(), role: z.string(), createdAt: time, disabledAt: time.nullable() })
  .openapi('User')

const credential = z.object({
  kind: z.enum(['session', 'key']),
  id,
  scopes: z.array(z.string()).nullable().openapi({ description: 'null for a session, which has no such bound.' }),
  expiresAt: time.nullable(),
})

const begun = z.object({
  user,
  session: z.object({ id, expiresAt: time }),
  token: z.string().optional().openapi({ description: 'Where it was asked for.' }),
})

const session = z
  .object({
    id,
    createdAt: time,
    lastSeenAt: time,
    expiresAt: time,
    address: z.string().nullable(),
    agent: z.string().openapi({ description: 'What the client said that it is (User-Agent).' }),
    current: z.boolean(),
  })
  .openapi('Session')

const key = z
  .object({
    id,
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().openapi({ description: 'To the minute.' }),
  })
  .openapi('ApiKey')

const entry = z
  .object({
    id,
    at: time,
    actor: id.nullable().openapi({ description: 'Who did it; null for nobody who had signed in.' }),
    action: z.enum(auditActions),
    subject: id.openapi({ description: 'The user to whom it was done.' }),
    address: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry')

const one = (status: number, data: z.ZodType) => json(z.object({ data, status: z.literal(status) }), 'Done.')
const all = (data: z.ZodType) => one(200, z.array(data))
const page = (data: z.ZodType) =>
  json(z.object({ data: z.array(data), next: z.string().nullable(), status: z.literal(200) }), 'A page.')
const done = { 204: { description: 'Done.' } }
const body = (schema: z.ZodType) => ({ body: { required: true, content: { 'application/json': { schema } } } })
const byId = { params: z.object({ id }) }

type Rest = Pick<RouteConfig, 'request'> & { responses: RouteConfig['responses'] }

function route(line: string, operationId: string, summary: string, { request, responses }: Rest): RouteConfig {
  const [method = '', path = ''] = line.split(' ')
  const tags = [path.startsWith('/api/admin') ? 'administration' : 'accounts']
  const config = { method: method.toLowerCase() as RouteConfig['method'], path, tags, operationId, summary, responses }
  return request === undefined ? config : { ...config, request }
}

/** The OpenAPI paths of accounts and of their administration. */
export function describeAccounts(): RouteConfig[] {
  return [...describeSignIn(), ...describeCredentials(), ...describePasswords(), ...describeAdministration()]
}

function describeSignIn(): RouteConfig[] {
  return [
    route('POST /api/auth/sign-up', 'signUp', 'Make an account and sign in', {
      request: body(signUpSchema),
      responses: { 201: one(201, begun), ...failures(400, 409, 503) },
    }),
    route('POST /api/auth/sign-in', 'signIn', 'Begin a session: a cookie, or a token where one is asked for', {
      request: body(signInSchema),
      responses: { 200: one(200, begun), ...failures(400, 401, 429, 503) },
    }),
    route('POST /api/auth/sign-out', 'signOut', 'End the session that is shown', {
      responses: { ...done, ...failures(403) },
    }),
    route('GET /api/auth/me', 'whoAmI', 'Who is asking, and by what', {
      responses: { 200: one(200, user.extend({ credential })), ...failures(401) },
    }),
    route('DELETE /api/auth/me', 'deleteAccount', 'Delete the own account', {
      request: body(leaveSchema),
      responses: { ...done, ...failures(400, 401, 403, 409, 429, 503) },
    }),
  ]
}

function describeCredentials(): RouteConfig[] {
  return [
    route('GET /api/auth/sessions', 'listSessions', 'The own sessions', {
      responses: { 200: all(session), ...failures(401, 403) },
    }),
    route('DELETE /api/auth/sessions', 'endOtherSessions', 'End all own sessions but this one', {
      responses: { ...done, ...failures(401, 403) },
    }),
    route('DELETE /api/auth/sessions/{id}', 'endSession', 'End one of the own sessions', {
      request: byId,
      responses: { ...done, ...failures(401, 403, 404) },
    }),
    route('GET /api/auth/keys', 'listKeys', 'The own API keys', {
      responses: { 200: all(key), ...failures(401, 403) },
    }),
    route('POST /api/auth/keys', 'createKey', 'Make an API key; its secret is shown this once', {
      request: body(keySchema),
      responses: { 201: one(201, key.extend({ secret: z.string() })), ...failures(400, 401, 403, 409) },
    }),
    route('DELETE /api/auth/keys/{id}', 'revokeKey', 'Revoke an API key', {
      request: byId,
      responses: { ...done, ...failures(401, 403, 404) },
    }),
  ]
}

function describePasswords(): RouteConfig[] {
  return [
    route('POST /api/auth/password', 'changePassword', 'Change the password, which ends all other sessions', {
      request: body(passwordSchema),
      responses: { ...done, ...failures(400, 401, 403, 409, 429, 503) },
    }),
    route('POST /api/auth/reset', 'requestReset', 'Ask for a letter with which to set a new password', {
      request: body(resetSchema),
      responses: {
        202: json(
          z.object({ data: z.null(), status: z.literal(202) }),
          'If there is such an account, a letter is sent.',
        ),
        ...failures(400, 503),
      },
    }),
    route('POST /api/auth/reset/confirm', 'confirmReset', 'Set a new password, which ends all sessions', {
      request: body(confirmSchema),
      responses: { ...done, ...failures(400, 503) },
    }),
  ]
}

function describeAdministration(): RouteConfig[] {
  return [
    route('GET /api/admin/users', 'listUsers', 'All users', {
      request: { query: usersQuerySchema },
      responses: { 200: page(user), ...failures(400, 401, 403) },
    }),
    route('GET /api/admin/users/{id}', 'getUser', 'One user', {
      request: byId,
      responses: { 200: one(200, user), ...failures(401, 403, 404) },
    }),
    route('PATCH /api/admin/users/{id}', 'changeUser', 'Give another role, disable or enable', {
      request: { ...byId, ...body(userChangeSchema) },
      responses: { 200: one(200, user), ...failures(400, 401, 403, 404, 409) },
    }),
    route('DELETE /api/admin/users/{id}/sessions', 'endSessions', 'End all sessions of a user', {
      request: byId,
      responses: { ...done, ...failures(401, 403, 404) },
    }),
    route('GET /api/admin/audit', 'readAudit', 'What was done to accounts, the newest first', {
      request: { query: auditQuerySchema },
      responses: { 200: page(entry), ...failures(400, 401, 403) },
    }),
  ]
}
