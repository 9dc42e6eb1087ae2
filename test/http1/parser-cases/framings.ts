/** How long a body is: Content-Length (RFC 9112 §6.2, RFC 9110 §8.6) and Transfer-Encoding (RFC 9112 §6.1). */
import { get, head, type ParserCase, post, refused, taken, unfinished } from './parser-case.ts'

const hello = 'hello'
const smuggled = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n'

const lengths: readonly ParserCase[] = [
  taken('6.2', 'a body of five bytes', post('Content-Length: 5') + hello, {
    body: hello,
    framing: { contentLength: 5 },
  }),
  taken('6.3', 'no body without a length', post(), { body: '', framing: { contentLength: 0 } }),
  taken('6.2', 'a length of 0', post('Content-Length: 0'), { body: '' }),
  taken('9110 §8.6', 'leading zeros', `${post('Content-Length: 0005')}${hello}`, { body: hello }),
  taken('9110 §8.6', 'fifteen digits, all but one zeros', `${post('Content-Length: 000000000000005')}${hello}`, {
    body: hello,
  }),
  taken('5', 'blanks around a length', `${post('Content-Length: \t5\t ')}${hello}`, { body: hello }),
  taken('5.1', 'content-length in small letters', `${post('content-length:5')}${hello}`, { body: hello }),
  taken('9110 §9.3.1', 'a GET with a body', `${get('Content-Length: 5')}${hello}`, { method: 'GET', body: hello }),
  taken('6.2', 'a body of every byte', post('Content-Length: 256') + everyByte(), { body: everyByte() }),
  taken('6.2', 'a body that looks like a request', `${post(`Content-Length: ${get().length}`)}${get()}`, {
    body: get(),
  }),
  taken(
    '6.2',
    'a body and the next request',
    `${post('Content-Length: 5')}${hello}${get()}`,
    { body: hello },
    { method: 'GET' },
  ),
  taken('6.2', 'a length in HTTP/1.0', `${head('POST / HTTP/1.0', 'Content-Length: 5')}${hello}`, {
    body: hello,
    minorVersion: 0,
  }),
  unfinished('6.3', 'no byte of a body', post('Content-Length: 5'), { framing: { contentLength: 5 }, body: '' }),
  unfinished('6.3', 'half a body', `${post('Content-Length: 5')}he`, { body: 'he' }),
]

function everyByte(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
}

function badLength(value: string): ParserCase {
  return refused('9110 §8.6', 400, `Content-Length ${JSON.stringify(value)}`, post(`Content-Length: ${value}`) + hello)
}

const badLengths: readonly ParserCase[] = [
  ...[
    '',
    '+5',
    '-5',
    '-0',
    '5 5',
    '5,5',
    '5, 5',
    '5,6',
    ',5',
    '5,',
    '5;',
    '"5"',
    '5.0',
    '5e0',
    '0x5',
    '0b1',
    '0o5',
  ].map(badLength),
  ...['5_0', 'five', 'NaN', 'Infinity', 'a', '5a', 'a5', '\xb2', '5\xa0', '\xa05', '5\t5', '5L', '(5)', '5%'].map(
    badLength,
  ),
  ...[
    '1000000000000000',
    '9999999999999999',
    '18446744073709551616',
    '18446744073709551621',
    '0'.repeat(16),
    '9'.repeat(400),
  ].map(badLength),
  refused('6.3', 400, 'Content-Length twice', post('Content-Length: 5', 'Content-Length: 5') + hello),
  refused('6.3', 400, 'two Content-Lengths', post('Content-Length: 5', 'Content-Length: 6') + hello),
  refused('6.3', 400, 'Content-Length twice in two spellings', post('Content-Length: 5', 'CONTENT-LENGTH: 0') + hello),
  refused('6.3', 400, 'Content-Length and an empty one', post('Content-Length: 5', 'Content-Length:') + hello),
  refused('6.3', 400, 'Content-Length twice on a GET', get('Content-Length: 0', 'Content-Length: 0')),
  refused(
    '6.3',
    400,
    'Content-Length of HTTP/1.0 twice',
    head('POST / HTTP/1.0', 'Content-Length: 5', 'Content-Length: 5'),
  ),
]

function encoded(value: string, body: string): ParserCase {
  const bytes = post(`Transfer-Encoding: ${value}`) + body
  return taken('6.1', `Transfer-Encoding ${JSON.stringify(value)}`, bytes, {
    body: hello,
    framing: { contentLength: -1 },
  })
}

const codings: readonly ParserCase[] = [
  ...['chunked', 'Chunked', 'CHUNKED', '\t chunked \t'].map((value) => encoded(value, '5\r\nhello\r\n0\r\n\r\n')),
  taken('5.1', 'TRANSFER-ENCODING in capitals', `${post('TRANSFER-ENCODING:chunked')}0\r\n\r\n`, { body: '' }),
  taken('6.1', 'a chunked GET', `${get('Transfer-Encoding: chunked')}1\r\nx\r\n0\r\n\r\n`, {
    method: 'GET',
    body: 'x',
  }),
  taken('9110 §10.1.4', 'TE, which is not Transfer-Encoding', get('TE: trailers', 'Connection: TE'), { body: '' }),
  taken('6.1', 'a name that only starts like Transfer-Encoding', get('Transfer-Encodings: chunked'), { body: '' }),
  taken('7.1.2', 'a Trailer field', `${post('Trailer: X', 'Transfer-Encoding: chunked')}0\r\nX: y\r\n\r\n`, {
    fields: ['host: a.example', 'trailer: X', 'transfer-encoding: chunked'],
  }),
]

function badCoding(value: string): ParserCase {
  const bytes = post(`Transfer-Encoding: ${value}`) + smuggled
  return refused('6.1', 400, `Transfer-Encoding ${JSON.stringify(value)}`, bytes)
}

const spoilt = ['chunked\x0b', '\x0bchunked', 'chunked\x0c', 'chunked\0', '\0chunked', 'chunked\x7f', '\x01chunked']
const disguised = [
  'xchunked',
  'chunkedx',
  'chunke',
  'chunked;',
  'chunked;a=b',
  '"chunked"',
  "'chunked'",
  '[chunked]',
  'chunked\\',
]
const listed = [
  'chunked, chunked',
  'chunked,chunked',
  'chunked,',
  ',chunked',
  ', chunked',
  ',',
  'chunked, gzip',
  'chunked, identity',
  'chunked chunked',
  'chunked gzip',
  'gzip chunked',
  'gzip, chunked, chunked',
  'gzip,,chunked',
  'gzip,\xa0chunked',
  '\xa0chunked',
  'chunked\xa0',
  '\xc3\xa7hunked',
  'chun\xeb\xebed',
]

const badCodings: readonly ParserCase[] = [
  ...['', 'identity', 'gzip', 'cow', 'trailers', 'none', '5', ...disguised, ...listed, ...spoilt].map(badCoding),
  ...['gzip, chunked', 'identity, chunked', 'cow , chunked', 'gzip,\tdeflate,CHUNKED', 'x-chunked, chunked'].map(
    (value) => refused('6.1', 501, `Transfer-Encoding ${value}`, post(`Transfer-Encoding: ${value}`) + smuggled),
  ),
]

function both(name: string, ...fields: string[]): ParserCase {
  return refused('6.3', 400, name, post(...fields) + smuggled)
}

const te = 'Transfer-Encoding: chunked'
const cl = 'Content-Length: 5'

const conflicts: readonly ParserCase[] = [
  both('Content-Length, then Transfer-Encoding', cl, te),
  both('Transfer-Encoding, then Content-Length', te, cl),
  both('Content-Length 0 and Transfer-Encoding', 'Content-Length: 0', te),
  both('a bad Content-Length and Transfer-Encoding', 'Content-Length: x', te),
  both('an empty Content-Length and Transfer-Encoding', 'Content-Length:', te),
  both('Content-Length and identity', cl, 'Transfer-Encoding: identity'),
  both('Content-Length and an empty Transfer-Encoding', cl, 'Transfer-Encoding:'),
  both('Content-Length and an unknown coding before chunked', cl, 'Transfer-Encoding: gzip, chunked'),
  both('other fields between the two', cl, 'A: b', te),
  both('Transfer-Encoding twice', te, te),
  both('Transfer-Encoding chunked, then identity', te, 'Transfer-Encoding: identity'),
  both('Transfer-Encoding identity, then chunked', 'Transfer-Encoding: identity', te),
  both('Transfer-Encoding gzip, then chunked', 'Transfer-Encoding: gzip', te),
  both('Transfer-Encoding and an empty one', te, 'Transfer-Encoding:'),
  both('Transfer-Encoding twice in two spellings', te, 'transfer-encoding: x'),
  refused('6.1', 400, 'Transfer-Encoding in HTTP/1.0', head('POST / HTTP/1.0', 'Host: a.example', te) + smuggled),
  refused('6.1', 400, 'both in HTTP/1.0', head('POST / HTTP/1.0', te, cl) + smuggled),
  refused(
    '6.1',
    400,
    'both in HTTP/1.0 with keep-alive',
    head('POST / HTTP/1.0', te, cl, 'Connection: keep-alive') + smuggled,
  ),
  refused('6.3', 400, 'both on a GET', get(cl, te) + smuggled),
]

export const framings: readonly ParserCase[] = [...lengths, ...badLengths, ...codings, ...badCodings, ...conflicts]
