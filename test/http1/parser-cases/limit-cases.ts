/** Each limit of the parser: the largest value that fits, and one more. */
import { defaultLimits } from '../../../src/http1/limits.ts'
import { chunked, get, head, type ParserCase, post, refused, taken, unfinished } from './parser-case.ts'

const { requestLineBytesMax, headerBytesMax, headerFieldsMax, bodyBytesMax, chunkExtensionBytesMax, trailerBytesMax } =
  defaultLimits

/** A request line of so many bytes with its line end. */
function lineOf(bytes: number): string {
  return `/${'p'.repeat(bytes - 'GET / HTTP/1.1\r\n'.length)}`
}

const lines: readonly ParserCase[] = [
  taken('3', 'a target of 8000 bytes', head(`GET /${'p'.repeat(7999)} HTTP/1.1`, 'Host: a'), {
    path: `/${'p'.repeat(7999)}`,
  }),
  taken('3', 'a request line at the limit', head(`GET ${lineOf(requestLineBytesMax)} HTTP/1.1`, 'Host: a'), {
    path: lineOf(requestLineBytesMax),
  }),
  taken(
    '2.2',
    'empty lines before one at the limit',
    `\r\n\r\n${head(`GET ${lineOf(requestLineBytesMax)} HTTP/1.1`, 'Host: a')}`,
    {},
  ),
  refused(
    '3',
    414,
    'a request line beyond the limit',
    head(`GET ${lineOf(requestLineBytesMax + 1)} HTTP/1.1`, 'Host: a'),
  ),
  refused('3', 414, 'a request line without an end', `GET /${'p'.repeat(requestLineBytesMax)}`),
  refused('3', 414, 'a query without an end', `GET /?${'q'.repeat(requestLineBytesMax)}`),
  refused('3', 414, 'a method without an end', 'M'.repeat(requestLineBytesMax)),
  unfinished('3', 'one byte less than a line without an end', 'M'.repeat(requestLineBytesMax - 1)),
]

/** A header of so many bytes, with the empty line. */
function headerOf(bytes: number): string {
  return get(`A: ${'v'.repeat(bytes - 'Host: a.example\r\nA: \r\n\r\n'.length)}`)
}

function fieldsOf(count: number): string {
  return get(...Array.from({ length: count - 1 }, (_, index) => `F${index}: v`))
}

const headers: readonly ParserCase[] = [
  taken('5', 'a header at the limit', headerOf(headerBytesMax), {}),
  refused('5.4', 431, 'a header beyond the limit', headerOf(headerBytesMax + 1)),
  refused('5.4', 431, 'a value without an end', `GET / HTTP/1.1\r\nA:${'v'.repeat(headerBytesMax)}`),
  refused('5.4', 431, 'a name without an end', `GET / HTTP/1.1\r\n${'n'.repeat(headerBytesMax)}`),
  refused('5.4', 431, 'blanks without an end', `GET / HTTP/1.1\r\nA:${' '.repeat(headerBytesMax)}`),
  taken('5', 'fields at the limit', fieldsOf(headerFieldsMax), {}),
  refused('5.4', 431, 'a field too many', fieldsOf(headerFieldsMax + 1)),
  refused('5.4', 431, 'a name of one byte too many', `GET / HTTP/1.1\r\n${'A:\r\n'.repeat(headerFieldsMax)}B`),
  unfinished('5.4', 'fields at the limit without an end', `GET / HTTP/1.1\r\n${'A:\r\n'.repeat(headerFieldsMax)}`),
]

const bodyHex = bodyBytesMax.toString(16)
const beyondHex = (bodyBytesMax + 1).toString(16)

const bodies: readonly ParserCase[] = [
  unfinished('9110 §15.5.14', 'a length at the limit', post(`Content-Length: ${bodyBytesMax}`), {
    framing: { contentLength: bodyBytesMax },
  }),
  refused('9110 §15.5.14', 413, 'a length beyond the limit', post(`Content-Length: ${bodyBytesMax + 1}`)),
  refused('9110 §15.5.14', 413, 'a length of fifteen digits', post('Content-Length: 999999999999999')),
  unfinished('9110 §15.5.14', 'a chunk at the limit', chunked(`${bodyHex}\r\nx`), { body: 'x' }),
  refused('9110 §15.5.14', 413, 'a chunk beyond the limit', chunked(`${beyondHex}\r\nx`)),
  unfinished(
    '9110 §15.5.14',
    'chunks that reach the limit',
    chunked(`1\r\nx\r\n${(bodyBytesMax - 1).toString(16)}\r\n`),
    { body: 'x' },
  ),
  refused('9110 §15.5.14', 413, 'chunks that go beyond it', chunked(`1\r\nx\r\n${bodyHex}\r\n`)),
]

/** An extension of so many bytes, with its semicolon. */
function extensionOf(bytes: number): string {
  return `;${'e'.repeat(bytes - 1)}`
}

/** A trailer of so many bytes, with the empty line. */
function trailerOf(bytes: number): string {
  return `A:${'v'.repeat(bytes - 'A:\r\n\r\n'.length)}\r\n\r\n`
}

const half = chunkExtensionBytesMax / 2

const chunks: readonly ParserCase[] = [
  taken('7.1.1', 'an extension at the limit', chunked(`0${extensionOf(chunkExtensionBytesMax)}\r\n\r\n`), {}),
  refused(
    '7.1.1',
    400,
    'an extension beyond the limit',
    chunked(`0${extensionOf(chunkExtensionBytesMax + 1)}\r\n\r\n`),
  ),
  taken(
    '7.1.1',
    'extensions of two chunks at the limit',
    chunked(`1${extensionOf(half)}\r\nx\r\n0${extensionOf(half)}\r\n\r\n`),
    {
      body: 'x',
    },
  ),
  refused(
    '7.1.1',
    400,
    'of two chunks beyond it',
    chunked(`1${extensionOf(half)}\r\nx\r\n0${extensionOf(half + 1)}\r\n\r\n`),
  ),
  refused('7.1.1', 400, 'a quoted value without an end', chunked(`0;a="${'q'.repeat(chunkExtensionBytesMax)}`)),
  refused('7.1.1', 400, 'blanks without an end', chunked(`0${' '.repeat(chunkExtensionBytesMax + 2)}`)),
  taken('7.1.2', 'a trailer at the limit', chunked(`0\r\n${trailerOf(trailerBytesMax)}`), { body: '' }),
  refused('7.1.2', 431, 'a trailer beyond the limit', chunked(`0\r\n${trailerOf(trailerBytesMax + 1)}`)),
  refused('7.1.2', 431, 'trailer fields without an end', chunked(`0\r\n${'A:\r\n'.repeat(trailerBytesMax / 4)}A`)),
]

export const limitCases: readonly ParserCase[] = [...lines, ...headers, ...bodies, ...chunks]
