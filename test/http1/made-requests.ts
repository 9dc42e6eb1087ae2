/** Random requests, with everything that the grammar leaves open. */
import fc from 'fast-check'

export interface MadeField {
  name: string
  /** Blanks around the value. */
  before: string
  value: string
  after: string
}

interface MadeChunk {
  size: string
  extension: string
  text: string
}

export type MadeBody =
  | { kind: 'none'; text: string }
  | { kind: 'length'; text: string }
  | { kind: 'chunked'; text: string; chunks: readonly MadeChunk[]; last: string; trailer: string }

export interface MadeRequest {
  method: string
  minorVersion: number
  target: string
  fields: readonly MadeField[]
  body: MadeBody
}

const tokenBytes = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
const pathBytes = "-._~%!$&'()*+,;=:@/[]|0123456789abcXYZ"
const visible = Array.from({ length: 0x5e }, (_, index) => String.fromCharCode(0x21 + index)).join('')
const obsText = Array.from({ length: 0x80 }, (_, index) => String.fromCharCode(0x80 + index)).join('')

function text(bytes: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(bytes)), minLength, maxLength })
}

const token = text(tokenBytes, 1, 12)
const blanks = text(' \t', 0, 3)
const usual = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
/** Words that mean something else, or are not served in any case. */
const taken = new Set([...usual, 'CONNECT', 'TRACE', 'TRACK'])
const method = fc.oneof(
  fc.constantFrom(...usual),
  token.filter((name) => !taken.has(name.toUpperCase())),
)

const path = text(pathBytes, 0, 30)
const target = fc
  .tuple(path, fc.option(text(`${pathBytes}?\\^\`{}`, 0, 30)))
  .map(([path, query]) => `/${path}${query === null ? '' : `?${query}`}`)

const meaningful = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade'])
const known = fc.constantFrom('Accept', 'accept-encoding', 'COOKIE', 'User-Agent', 'X-Request-Id', 'te', 'Trailer')
const name = fc.oneof(token, known).filter((each) => !meaningful.has(each.toLowerCase()))
const value = text(`${visible}${obsText}  \t`, 0, 40).map((each) => each.replace(/^[ \t]+|[ \t]+$/g, ''))

function fieldOf(names: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<MadeField> {
  return fc.record({ name: names, before: blanks, value: values, after: blanks })
}

const quoted = text(`${visible}${obsText} \t`, 0, 8).map((each) => `"${each.replace(/["\\]/g, '\\$&')}"`)
const extension = fc
  .tuple(blanks, blanks, token, fc.option(fc.tuple(blanks, blanks, fc.oneof(token, quoted))))
  .map(
    ([before, after, name, value]) => `${before};${after}${name}${value ? `${value[0]}=${value[1]}${value[2]}` : ''}`,
  )
const extensions = fc.oneof(
  fc.constant(''),
  fc.array(extension, { maxLength: 3 }).map((each) => each.join('')),
)

const anyByte = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
const chunk = fc
  .tuple(text(anyByte, 1, 40), fc.nat(3), fc.boolean(), extensions)
  .map(([data, zeros, isUpper, extension]): MadeChunk => {
    const digits = '0'.repeat(zeros) + data.length.toString(16)
    return { size: isUpper ? digits.toUpperCase() : digits, extension, text: data }
  })
const trailer = fc.array(fieldOf(token, value), { maxLength: 3 }).map((fields) => fields.map(lineOf).join(''))

const chunkedBody = fc
  .tuple(fc.array(chunk, { maxLength: 5 }), fc.nat(3), extensions, trailer)
  .map(([chunks, zeros, extension, trailer]): MadeBody => {
    const last = `0${'0'.repeat(zeros)}${extension}`
    return { kind: 'chunked', text: chunks.map((each) => each.text).join(''), chunks, last, trailer }
  })
const lengthBody = text(anyByte, 0, 100).map((text): MadeBody => ({ kind: 'length', text }))
const noBody = fc.constant<MadeBody>({ kind: 'none', text: '' })

const host = fieldOf(
  fc.constantFrom('Host', 'host', 'HOST'),
  fc.constantFrom('a.example', 'b:8080', '[::1]:3', '127.0.0.1'),
)

function framingOf(body: MadeBody): readonly fc.Arbitrary<MadeField>[] {
  if (body.kind === 'none') return []
  if (body.kind === 'length')
    return [fieldOf(fc.constantFrom('Content-Length', 'content-length'), fc.constant(`${body.text.length}`))]
  return [fieldOf(fc.constantFrom('Transfer-Encoding', 'TRANSFER-ENCODING'), fc.constantFrom('chunked', 'Chunked'))]
}

function fieldsFor(body: MadeBody): fc.Arbitrary<MadeField[]> {
  const others = fc.array(fieldOf(name, value), { maxLength: 18 })
  return fc
    .tuple(others, host, ...framingOf(body))
    .chain(([others, ...needed]) =>
      fc.shuffledSubarray([...others, ...needed], { minLength: others.length + needed.length }),
    )
}

export const anyRequest: fc.Arbitrary<MadeRequest> = fc.oneof(noBody, lengthBody, chunkedBody).chain((body) =>
  fc.record({
    method,
    minorVersion: body.kind === 'chunked' ? fc.constant(1) : fc.constantFrom(0, 1, 1, 1),
    target,
    fields: fieldsFor(body),
    body: fc.constant(body),
  }),
)

function lineOf({ name, before, value, after }: MadeField): string {
  return `${name}:${before}${value}${after}\r\n`
}

export function serialize(request: MadeRequest): string {
  return `${serializeLine(request)}\r\n${request.fields.map(lineOf).join('')}\r\n${serializeBody(request.body)}`
}

export function serializeLine({ method, target, minorVersion }: MadeRequest): string {
  return `${method} ${target} HTTP/1.${minorVersion}`
}

function serializeBody(body: MadeBody): string {
  if (body.kind !== 'chunked') return body.text
  const chunks = body.chunks.map(({ size, extension, text }) => `${size}${extension}\r\n${text}\r\n`)
  return `${chunks.join('')}${body.last}\r\n${body.trailer}\r\n`
}
