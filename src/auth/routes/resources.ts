/** Schemas of the resources that the routes of accounts return. */
import { z } from '@hono/zod-openapi'
import { auditActions } from '../audit.ts'

const time = z.iso.datetime()
export const id = z.string()

export const user = z
  .object({
    id,
    email: z.email(),
    role: z.string(),
    createdAt: time,
    disabledAt: time.nullable(),
    verifiedAt: time.nullable().openapi({ description: 'When the user showed control of the email address.' }),
  })
  .openapi('User')

export const currentUser = user.extend({
  credential: z.object({
    kind: z.enum(['session', 'key']),
    id,
    scopes: z.array(z.string()).nullable().openapi({ description: 'null for a session, which has no scopes.' }),
    expiresAt: time.nullable(),
  }),
})

export const newSession = z.object({
  user,
  session: z.object({ id, expiresAt: time }),
  token: z.string().optional().openapi({ description: 'Present when the request asked for it.' }),
})

export const session = z
  .object({
    id,
    createdAt: time,
    lastSeenAt: time,
    expiresAt: time,
    address: z.string().nullable(),
    agent: z.string().openapi({ description: 'The `User-Agent` of the client that signed in.' }),
    current: z.boolean(),
  })
  .openapi('Session')

export const apiKey = z
  .object({
    id,
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().openapi({ description: 'Accurate to a minute.' }),
  })
  .openapi('ApiKey')

export const newApiKey = apiKey.extend({ secret: z.string() })

export const auditEntry = z
  .object({
    id,
    at: time,
    actor: id.nullable().openapi({ description: 'The user who did it; null for an anonymous client.' }),
    action: z.enum(auditActions),
    subject: id.openapi({ description: 'The user whose account was changed.' }),
    address: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry')
