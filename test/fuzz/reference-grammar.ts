/** The grammar of RFC 9112 and RFC 9110, rule by rule, with the strictness that the server chose. */
import { byte, either, Matcher, many, named, optional, type Rule, sequence, text } from './abnf.ts'

const crlf = text('\r\n')
const sp = byte(' ')
/** OWS and BWS, RFC 9110 §5.6.3. */
const blanks = many(byte(' \\t'))
/** RFC 9110 §5.6.2. */
const tchar = byte("!#$%&'*+\\-.^_`|~0-9A-Za-z")
export const token: Rule = many(tchar, 1)

/** pchar and "/", RFC 3986 §3.3, and what browsers send unencoded. */
const pathBytes = "A-Za-z0-9\\-._~%!$&'()*+,;=:@\\/\\[\\]|"
const target = either(
  sequence(many(byte(pathBytes), 1), optional(sequence(byte('?'), many(byte(`${pathBytes}?\\\\^\`{}`))))),
  sequence(byte('?'), many(byte(`${pathBytes}?\\\\^\`{}`))),
)
const digit = byte('0-9')
const version = sequence(text('HTTP/'), named('major', digit), byte('.'), named('minor', digit))

/** RFC 9112 §3. */
export const requestLine = new Matcher(sequence(named('method', token), sp, named('target', target), sp, version, crlf))
/** One that is refused for its version as soon as that is there. */
export const laterVersion: RegExp = new RegExp(`^${token.all} ${target.all} HTTP/[02-9]\\.[0-9]`)

/** RFC 9110 §5.5: field-vchar = VCHAR / obs-text. */
const visible = byte('\\x21-\\x7e\\x80-\\xff')
const value = optional(sequence(visible, many(sequence(blanks, visible))))
/** RFC 9112 §5. */
const field = sequence(named('name', token), byte(':'), blanks, named('value', value), blanks, crlf)

export const fieldLine = new Matcher(field)
export const emptyLine = new Matcher(crlf)

/** RFC 9112 §7.1. Thirteen digits, because numbers are exact so far. */
export const chunkSize = new Matcher(named('size', many(byte('0-9A-Fa-f'), 1, '13')))

const quotedPair = sequence(byte('\\\\'), byte('\\t \\x21-\\x7e\\x80-\\xff'))
/** RFC 9110 §5.6.4. */
const quotedString = sequence(
  byte('"'),
  many(either(byte('\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff'), quotedPair)),
  byte('"'),
)
/** RFC 9112 §7.1.1. */
const extension = sequence(
  blanks,
  byte(';'),
  blanks,
  token,
  optional(sequence(blanks, byte('='), blanks, either(token, quotedString))),
)
export const chunkExtensions = new Matcher(sequence(named('extensions', many(extension)), crlf))
/** RFC 9112 §7.1.2, with the empty line after it. */
export const trailerSection = new Matcher(sequence(many(sequence(token, byte(':'), blanks, value, blanks, crlf)), crlf))
