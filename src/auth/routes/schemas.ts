/** Schemas of the requests to the routes of accounts. */
import { z } from '@hono/zod-openapi'
import { cursorParameter } from '../../http/openapi.ts'
import { timeSchema } from '../../http/time-schema.ts'
import { rolePattern } from '../../request/identity.ts'
import { passwordUnitsMax } from '../passwords/password-rules.ts'

const emailLengthMax = 254
const nameLengthMax = 100
const scopesMax = 50
const tokenLengthMax = 200

/** Any address that a browser's email input takes (HTML, valid e-mail address), in lower case, without white space around it. */
const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(
    z
      .email({ pattern: z.regexes.html5Email, error: 'must be an e-mail address' })
      .max(emailLengthMax, `must have ${emailLengthMax} characters or fewer`),
  )
  .openapi({ type: 'string', format: 'email', maxLength: emailLengthMax })

const password = z
  .string()
  .max(passwordUnitsMax, `must have ${passwordUnitsMax} characters or fewer`)
  .openapi({ description: '8 to 128 characters; not one of the most common passwords.' })

const token = z.boolean().default(false).openapi({
  description: 'Returns the token in the response instead of setting a cookie. Send it as `Authorization: Bearer`.',
})

const code = z.string().max(tokenLengthMax)

export const signUpSchema = z.strictObject({
  email,
  password: password.optional().openapi({
    description: 'Needed for a response 201. Where an emailed code is needed first, it is set with the code.',
  }),
  token,
  code: code.optional().openapi({
    description: 'A one-time code: one from an email, or that for the first administrator, which the server prints.',
  }),
})

export const signInSchema = z.strictObject({ email, password, token })

export const passwordSchema = z.strictObject({
  password: password.openapi({ description: 'The current password.' }),
  newPassword: password,
})

export const resetSchema = z.strictObject({ email })

export const verifySchema = z.strictObject({ code })

export const confirmSchema = z.strictObject({ token: z.string().max(tokenLengthMax), password })

export const deleteAccountSchema = z.strictObject({ password })

export const keySchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(nameLengthMax, `must have ${nameLengthMax} characters or fewer`)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be well-formed text'),
  scopes: z
    .array(
      z
        .string()
        .regex(
          /^(\*|[a-z][a-z0-9_]{0,39}:(read|write))$/,
          'must be like todos:read or todos:write, or * for everything',
        ),
    )
    .min(1, 'must name at least one scope')
    .max(scopesMax, `must have ${scopesMax} scopes or fewer`),
  expiresAt: timeSchema.nullable().default(null),
})

export const userChangeSchema = z.strictObject({
  role: z
    .string()
    .regex(
      rolePattern,
      'must be like editor: a-z, 0-9, _ and -, 40 characters at most, and not a word that access rules use',
    )
    .optional(),
  disabled: z.boolean().optional(),
  verified: z.boolean().optional(),
})

const pageMax = 1000
const pageDefault = 50

const pageParameters = {
  limit: z.coerce.number<string>().int().min(1).max(pageMax).default(pageDefault),
  cursor: cursorParameter,
}

export const usersQuerySchema = z.strictObject(pageParameters)

const id = z
  .string()
  .regex(/^[0-9A-Za-z]{26}$/, 'must be an id')
  .optional()

export const auditQuerySchema = z.strictObject({ ...pageParameters, actor: id, subject: id })
