import { type ErrorDetail, invalidFields } from '../../errors.ts'
import { commonPasswords } from './common-passwords.ts'

const lengthMin = 8
const lengthMax = 128
/** Before normalising, which can make 18 characters of one. */
export const passwordUnitsMax = 512
/** Fewer kinds of characters than this, and it is `aaaaaaaa` or `abababab`. */
const distinctMin = 4
/** Digits alone must be so many: dates and telephone numbers are tried first. */
const digitsMin = 12

/** One form for all ways to type the same password: what is hashed (NFKC, as in RFC 8265 and NIST SP 800-63B). */
export function normalPassword(text: string): string {
  return text.normalize('NFKC')
}

/**
 * A new password as it is hashed.
 * @throws AppError `validation_failed` with the reason
 */
export function newPassword(text: string, email: string, field = 'password'): string {
  const password = normalPassword(text)
  const problem = problemOf(password, email)
  if (problem !== null) throw invalidFields([{ field, ...problem }])
  return password
}

function problemOf(password: string, email: string): Omit<ErrorDetail, 'field'> | null {
  const { length } = Array.from(password)
  if (length < lengthMin) return { code: 'too_small', message: `must have ${lengthMin} characters or more` }
  if (length > lengthMax) return { code: 'too_big', message: `must have ${lengthMax} characters or fewer` }
  if (!password.isWellFormed() || password.includes('\0')) {
    return { code: 'invalid_format', message: 'must be well-formed text without NUL characters' }
  }
  if (isCommon(password.toLowerCase(), email)) {
    return { code: 'too_common', message: 'is among the first that anybody would guess' }
  }
  return null
}

function isCommon(password: string, email: string): boolean {
  const [name] = email.split('@')
  const core = password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  if (new Set(password).size < distinctMin || isSequence(password)) return true
  if (/^\d+$/.test(password) && password.length < digitsMin) return true
  return [password, core].some((each) => commonPasswords.has(each) || each === email || each === name)
}

/** Such as `12345678` and `hgfedcba`. */
function isSequence(password: string): boolean {
  const steps = Array.from(password, (_, at) => password.charCodeAt(at) - password.charCodeAt(at - 1)).slice(1)
  return steps.every((step) => step === steps[0])
}
