/** RFC 9112 §7.1: chunk sizes, extensions, data and trailers. */
import { hasBody } from '../checks.ts'
import { allows, type Case, closedSilently, echo, type Outcome, type Refused, refuses, serves } from './case.ts'

const coded = (body: string) => echo('Transfer-Encoding: chunked') + body
const lenient = { stricter: true }

function good(slug: string, title: string, body: string, expected = 'hello', section = '9112 §7.1'): Case {
  return serves(slug, section, title, coded(body), { checks: [hasBody(expected)] })
}

/** The handler may have begun when the fault is found: a close without a response is allowed. */
function bad(slug: string, title: string, body: string, extra: Refused = {}): Case {
  return refuses(slug, '9112 §7.1', `${title} is refused`, coded(body), { silent: true, ...extra })
}

/** One chunk of `hello` whose size line, without its CRLF, is given. */
const sized = (sizeLine: string) => `${sizeLine}\r\nhello\r\n0\r\n\r\n`
const trailed = (trailers: string) => `5\r\nhello\r\n0\r\n${trailers}\r\n`

function badSize(slug: string, sizeLine: string, title: string, extra: Refused = {}): Case {
  return bad(`chunk-size-${slug}`, `a chunk size ${title}`, sized(sizeLine), extra)
}

/** The size is in order: a server may as well wait for that much. */
function largeSize(slug: string, size: string, title: string): Case {
  return allows(`chunk-size-${slug}`, '9112 §7.1', title, coded(sized(size)), [
    { responses: [{ statuses: [400, 413] }], after: 'closed' },
    { responses: [], after: 'any' },
    closedSilently,
  ])
}

function badExtension(slug: string, extension: string, title: string, extra: Refused = {}): Case {
  return bad(`chunk-extension-${slug}`, `an extension ${title}`, sized(`5${extension}`), {
    section: '9112 §7.1.1',
    ...extra,
  })
}

function badTrailer(slug: string, trailers: string, title: string, extra: Refused = {}): Case {
  return bad(`trailer-${slug}`, `a trailer ${title}`, trailed(trailers), { section: '9112 §7.1.2', ...extra })
}

const helloServed: Outcome = { responses: [{ statuses: [200], checks: [hasBody('hello')] }], after: 'open' }
const refused: Outcome = { responses: [{ statuses: [400] }], after: 'closed' }

/** Fields that must not be merged into the headers may be refused as well as ignored (9110 §6.5.1). */
function ignored(slug: string, trailer: string): Case {
  const title = `${slug} as a trailer changes nothing`
  const outcomes = [helloServed, refused, closedSilently]
  return allows(`trailer-forbidden-${slug.toLowerCase()}`, '9110 §6.5.1', title, coded(trailed(trailer)), outcomes)
}

const sizes: readonly Case[] = [
  good('chunks', 'several chunks are one body', '2\r\nhe\r\n1\r\nl\r\n2\r\nlo\r\n0\r\n\r\n'),
  good('chunks-none', 'the last chunk alone is an empty body', '0\r\n\r\n', ''),
  good('chunk-size-upper-hex', 'a size may be in upper case', `1A\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`, 'x'.repeat(26)),
  good('chunk-size-lower-hex', 'a size may be in lower case', `1a\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`, 'x'.repeat(26)),
  good('chunk-size-leading-zeros', 'a size may have leading zeros', sized('0005')),
  good('chunk-last-zeros', 'the last chunk may be several zeros', '5\r\nhello\r\n000\r\n\r\n'),
  good('chunk-crlf-data', 'data may look like framing', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'),
  good(
    'chunk-request-data',
    'data may look like a request',
    '10\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\n',
  ),
  good('chunks-many', 'a body may be a thousand chunks', `${'1\r\nx\r\n'.repeat(1000)}0\r\n\r\n`, 'x'.repeat(1000)),
  badSize('empty', '', 'of nothing'),
  badSize('letter', 'g', 'that is no number'),
  badSize('letter-after', '5g', 'with a letter after it'),
  badSize('minus', '-5', 'with a minus'),
  badSize('plus', '+5', 'with a plus'),
  badSize('hex-prefix', '0x5', 'with 0x'),
  badSize('upper-hex-prefix', '0X5', 'with 0X'),
  badSize('h-suffix', '5h', 'with h'),
  badSize('separator', '0_5', 'with a digit separator'),
  badSize('dot', '5.0', 'with a fraction'),
  badSize('quoted', '"5"', 'in quotes'),
  badSize('space-before', ' 5', 'with a space before it'),
  badSize('tab-before', '\t5', 'with a tab before it'),
  badSize('space-after', '5 ', 'with a space after it'),
  badSize('tab-after', '5\t', 'with a tab after it'),
  badSize('space-inside', '0 5', 'with a space inside'),
  badSize('comma', '5,5', 'with a comma'),
  badSize('nul', '5\0', 'with NUL'),
  badSize('nbsp', '5\xa0', 'with a no-break space'),
  badSize('other-digits', '\xd9\xa5', 'in other digits'),
  largeSize('wraps-32', '100000005', 'a size beyond 32 bits does not wrap around'),
  badSize('wraps-64', '10000000000000005', 'that wraps around at 64 bits', { statuses: [400, 413] }),
  largeSize('negative-64', 'FFFFFFFFFFFFFFFB', 'a size beyond 63 bits is not negative'),
  badSize('40-digits', 'f'.repeat(40), 'of 40 digits', { statuses: [400, 413] }),
  badSize('bare-cr', '5\rx', 'with a bare CR'),
  badSize('cr-cr-lf', '5\r', 'ended by CR CR LF'),
]

const endings: readonly Case[] = [
  bad('chunk-size-bare-lf', 'a size ended by LF', '5\nhello\r\n0\r\n\r\n'),
  bad('chunk-size-bare-cr-end', 'a size ended by CR', '5\rhello\r\n0\r\n\r\n'),
  bad('chunk-data-bare-lf', 'data ended by LF', '5\r\nhello\n0\r\n\r\n'),
  bad('chunk-data-bare-cr', 'data ended by CR', '5\r\nhello\r0\r\n\r\n'),
  bad('chunk-data-cr-cr-lf', 'data ended by CR CR LF', '5\r\nhello\r\r\n0\r\n\r\n'),
  bad('chunk-data-no-end', 'data without its CRLF', '5\r\nhello0\r\n\r\n'),
  bad('chunk-data-two-ends', 'data with two CRLFs', '5\r\nhello\r\n\r\n0\r\n\r\n'),
  bad('chunk-data-too-long', 'data longer than its size', '5\r\nhelloworld\r\n0\r\n\r\n'),
  bad('chunk-data-too-short', 'data shorter than its size', '7\r\nhello\r\n0\r\n\r\n'),
  bad('chunk-last-bare-lf', 'a last chunk ended by LF', '5\r\nhello\r\n0\n\r\n'),
  bad('chunk-end-bare-lf', 'a body ended by LF', '5\r\nhello\r\n0\r\n\n', lenient),
  bad('chunk-end-lf-lf', 'a body ended by LF LF', '5\r\nhello\r\n0\n\n'),
  bad('chunk-end-bare-cr', 'a body ended by CR', '5\r\nhello\r\n0\r\n\rX'),
  bad('chunk-all-bare-lf', 'a body with LF alone', '5\nhello\n0\n\n'),
]

const extensions: readonly Case[] = [
  good('chunk-extension', 'an extension is ignored', sized('5;a'), 'hello', '9112 §7.1.1'),
  good('chunk-extension-value', 'its value is ignored', sized('5;a=b'), 'hello', '9112 §7.1.1'),
  good('chunk-extension-quoted', 'it may be quoted', sized('5;a="b; \\"c\\" d"'), 'hello', '9112 §7.1.1'),
  good('chunk-extension-several', 'there may be several', sized('5;a;b=c;d="e"'), 'hello', '9112 §7.1.1'),
  good('chunk-extension-last', 'the last chunk may have one', '5\r\nhello\r\n0;a=b\r\n\r\n', 'hello', '9112 §7.1.1'),
  allows(
    'chunk-extension-spaces',
    '9112 §7.1.1',
    'spaces around ; and = are bad but known',
    coded(sized('5 ; a = b')),
    [helloServed, refused, closedSilently],
  ),
  badExtension('empty', ';', 'without a name', lenient),
  badExtension('two-semicolons', ';;a', 'between two semicolons', lenient),
  badExtension('no-name', ';=b', 'without a name but with a value', lenient),
  badExtension('no-value', ';a=', 'with = and no value', lenient),
  badExtension('no-semicolon', ' a=b', 'without its semicolon'),
  badExtension('two-words', ';a b', 'of two words', lenient),
  badExtension('comma', ';a,b', 'with a comma', lenient),
  badExtension('open-quote', ';a="b', 'with an open quote', lenient),
  badExtension('after-quote', ';a="b"c', 'with text after its quote', lenient),
  badExtension('nul', ';a\0', 'with NUL'),
  badExtension('control', ';a\x01=b', 'with a control byte'),
  badExtension('high-byte', ';\xe9', 'with a byte above 127 in its name', lenient),
  badExtension('bare-lf', ';a\nx', 'with a bare LF'),
  badExtension('bare-lf-end', ';a\nhello\r\n0\r\n\r\n', 'ended by LF'),
  badExtension('bare-cr', ';a\rx', 'with a bare CR'),
  badExtension('quoted-lf', ';a="b\nc"', 'with LF in quotes'),
  badExtension('quoted-crlf', ';a="b\r\nc"', 'with CRLF in quotes'),
  badExtension('quoted-control', ';a="\x01"', 'with a control byte in quotes'),
]

const trailers: readonly Case[] = [
  good('trailer', 'a trailer is taken off', trailed('A: b\r\n'), 'hello', '9112 §7.1.2'),
  good('trailers', 'several are', trailed('A: b\r\nC:\r\nD: \xe9\r\n'), 'hello', '9112 §7.1.2'),
  good('trailers-no-body', 'they may follow an empty body', '0\r\nA: b\r\n\r\n', '', '9112 §7.1.2'),
  ignored('Content-Length', 'Content-Length: 100\r\n'),
  ignored('Transfer-Encoding', 'Transfer-Encoding: gzip\r\n'),
  ignored('Host', 'Host: evil.example\r\n'),
  ignored('Connection', 'Connection: close\r\n'),
  ignored('Expect', 'Expect: 100-continue\r\n'),
  badTrailer('no-colon', 'Garbage\r\n', 'without a colon'),
  badTrailer('request-line', 'GET /hidden HTTP/1.1\r\n', 'that is a request line'),
  badTrailer('empty-name', ': b\r\n', 'without a name'),
  badTrailer('space-before-colon', 'A : b\r\n', 'with a space before its colon'),
  badTrailer('bad-name', 'A(: b\r\n', 'with a bad name'),
  badTrailer('space-first', ' A: b\r\n', 'that begins with a space', lenient),
  badTrailer('folded', 'A: b\r\n c\r\n', 'on a folded line', lenient),
  badTrailer('nul', 'A: b\0c\r\n', 'with NUL', lenient),
  badTrailer('control', 'A: b\x01c\r\n', 'with a control byte', lenient),
  badTrailer('bare-cr', 'A: b\rc\r\n', 'with a bare CR', lenient),
  badTrailer('bare-lf', 'A: b\nC: d\r\n', 'ended by LF', lenient),
]

function truncated(slug: string, title: string, body: string, stricter = false): Case {
  const outcomes: Outcome[] = [{ responses: [{ statuses: [400, 408] }], after: 'closed' }, closedSilently]
  return allows(`chunked-truncated-${slug}`, '9112 §8', title, coded(body), outcomes, { how: 'half-close', stricter })
}

const cutShort: readonly Case[] = [
  truncated('nothing', 'no chunk at all is no success', ''),
  truncated('size', 'a body cut in a size is no success', '5'),
  truncated('data', 'a body cut in its data is no success', '5\r\nhel'),
  truncated('after-data', 'a body cut after its data is no success', '5\r\nhello\r\n'),
  truncated('last-chunk', 'a body cut in its last chunk is no success', '5\r\nhello\r\n0'),
  truncated('end', 'a body without its last CRLF is no success', '5\r\nhello\r\n0\r\n', true),
  truncated('trailer', 'a body cut in its trailers is no success', '5\r\nhello\r\n0\r\nA: b\r\n', true),
  allows('chunked-waits', '9112 §7.1', 'an unfinished body is waited for', coded('5\r\nhello\r\n0\r\n'), [
    { responses: [], after: 'any' },
  ]),
  allows(
    'chunked-then-request',
    '9112 §7.1',
    'the next request begins after the last chunk',
    `${coded(sized('5')) + echo('Content-Length: 3')}new`,
    [{ responses: ['hello', 'new'].map((text) => ({ statuses: [200], checks: [hasBody(text)] })), after: 'open' }],
  ),
]

export const chunked: readonly Case[] = [...sizes, ...endings, ...extensions, ...trailers, ...cutShort]
