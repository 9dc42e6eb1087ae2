/** RFC 9112 §6.2, §6.3 and 9110 §8.6: one number, and the body is that long. */
import { hasBody } from '../checks.ts'
import {
  allows,
  type Case,
  closedSilently,
  echo,
  fromHost,
  get,
  head,
  hidden,
  next,
  post,
  type Refused,
  refuses,
  serves,
} from './case.ts'

const hello = { checks: [hasBody('hello')] }
const lenient = { stricter: true }

/** 9112 §6.3: an invalid length must be answered with 400 and the connection closed. */
function bad(slug: string, title: string, value: string, extra: Refused = {}): Case {
  const bytes = `${echo(`Content-Length:${value}`)}hello`
  return refuses(slug, '9112 §6.3', `a Content-Length ${title} is refused`, bytes, extra)
}

function both(slug: string, title: string, fields: readonly string[], body: string, extra: Refused = {}): Case {
  return refuses(slug, '9112 §6.3', title, echo(...fields) + body, { ...lenient, ...extra })
}

/** A body is read to its end and no request in it is executed, whatever the method. */
function bodyIsNoRequest(method: string, heads: readonly number[] = []): Case {
  const slug = `content-length-${method.toLowerCase()}`
  const bytes = head(`${method} / HTTP/1.1`, `Content-Length: ${hidden.length}`) + hidden
  const statuses = [200, 204, 400, 404, 405, 413, 501]
  return serves(slug, '9112 §6', `the body of ${method} is no request`, bytes, { statuses, after: 'either', heads })
}

const good: readonly Case[] = [
  serves(
    'content-length',
    '9112 §6.2',
    'a body of the given length is read',
    `${echo('Content-Length: 5')}hello`,
    hello,
  ),
  serves('content-length-zero', '9112 §6.2', 'a length of 0 is no body', echo('Content-Length: 0'), {
    checks: [hasBody('')],
  }),
  serves(
    'content-length-leading-zeros',
    '9110 §8.6',
    'leading zeros are digits',
    `${echo('Content-Length: 0005')}hello`,
    hello,
  ),
  serves(
    'content-length-octal-look',
    '9110 §8.6',
    'leading zeros mean no octal number',
    `${echo('Content-Length: 010')}helloworld`,
    { checks: [hasBody('helloworld')] },
  ),
  serves(
    'content-length-trimmed',
    '9112 §5',
    'spaces around are trimmed',
    `${echo('Content-Length: \t 5 \t ')}hello`,
    hello,
  ),
  serves('content-length-name-case', '9110 §5.1', 'the name has no case', `${echo('cOnTeNt-lEnGtH: 5')}hello`, hello),
  serves('content-length-crlf-body', '9112 §6', 'a body may be CRLF', `${echo('Content-Length: 4')}\r\n\r\n`, {
    checks: [hasBody('\r\n\r\n')],
  }),
  serves(
    'content-length-all-bytes',
    '9112 §6',
    'a body may hold any byte',
    `${echo('Content-Length: 6')}\0\r\n\x80\xff\n`,
    { checks: [hasBody('\0\r\n\x80\xff\n')] },
  ),
  serves(
    'content-length-1.0',
    '9112 §6.2',
    'HTTP/1.0 has bodies too',
    `${head('POST /echo-body HTTP/1.0', 'Content-Length: 5')}hello`,
    { ...hello, after: 'closed' },
  ),
  allows('content-length-absent', '9112 §6.3', 'without a length there is no body', `${echo()}${next}`, [
    { responses: [{ statuses: [200], checks: [hasBody('')] }, { statuses: [200, 404] }], after: 'open' },
    { responses: [{ statuses: [411] }], after: 'closed' },
    { responses: [{ statuses: [411] }, { statuses: [200, 404] }], after: 'open' },
  ]),
  allows(
    'content-length-underscore',
    '9110 §5.1',
    'Content_Length is another field',
    `${echo('Content_Length: 5')}${next}`,
    [
      { responses: [{ statuses: [200], checks: [hasBody('')] }, { statuses: [200, 404] }], after: 'open' },
      { responses: [{ statuses: [400, 411] }], after: 'closed' },
    ],
  ),
  allows(
    'content-length-surplus',
    '9112 §6.3',
    'what follows the body is a request, here a bad one',
    `${echo('Content-Length: 2')}hello\r\n\r\n`,
    [
      { responses: [{ statuses: [200], checks: [hasBody('he')] }, { statuses: [400] }], after: 'closed' },
      { responses: [{ statuses: [200], checks: [hasBody('he')] }], after: 'closed' },
    ],
  ),
  ...['GET', 'DELETE', 'OPTIONS', 'PUT', 'FROBNICATE'].map((method) => bodyIsNoRequest(method)),
  bodyIsNoRequest('HEAD', [0]),
]

const refused: readonly Case[] = [
  bad('content-length-empty', 'of nothing', ''),
  bad('content-length-blank', 'of spaces', '   '),
  bad('content-length-letters', 'of letters', ' abc'),
  bad('content-length-plus', 'with a plus', ' +5'),
  bad('content-length-minus', 'with a minus', ' -5'),
  bad('content-length-minus-zero', 'of minus zero', ' -0'),
  bad('content-length-hex', 'in hexadecimal', ' 0x5'),
  bad('content-length-octal', 'in octal', ' 0o5'),
  bad('content-length-fraction', 'with a fraction', ' 5.0'),
  bad('content-length-exponent', 'with an exponent', ' 5e0'),
  bad('content-length-separator', 'with a digit separator', ' 0_5'),
  bad('content-length-quoted', 'in quotes', ' "5"'),
  bad('content-length-space-inside', 'with a space inside', ' 0 5'),
  bad('content-length-tab-inside', 'with a tab inside', ' 0\t5'),
  bad('content-length-semicolon', 'with a parameter', ' 5;a=b'),
  bad('content-length-letter-after', 'with a letter after it', ' 5a'),
  bad('content-length-nul', 'with NUL', ' 5\0'),
  bad('content-length-vertical-tab', 'with a vertical tab before it', ' \x0b5'),
  bad('content-length-form-feed', 'with a form feed after it', ' 5\x0c'),
  bad('content-length-nbsp', 'with a no-break space', ' \xa05'),
  bad('content-length-arabic-digit', 'in other digits', ' \xd9\xa5'),
  allows(
    'content-length-wraps-32',
    '9110 §8.6',
    'a length beyond 32 bits does not wrap around',
    // Not to /echo-body: a handler that makes room for that much has the server stand still for a while.
    `${post('Content-Length: 4294967301')}hello${next}`,
    [
      { responses: [{ statuses: [400, 413] }], after: 'closed' },
      { responses: [{ statuses: [200, 404, 405] }], after: 'any' },
      { responses: [], after: 'any' },
    ],
  ),
  bad('content-length-wraps-64', 'that wraps around at 64 bits', ' 18446744073709551621', { statuses: [400, 413] }),
  bad('content-length-50-digits', 'of 50 digits', ` ${'9'.repeat(50)}`, { statuses: [400, 413] }),
  bad('content-length-space-before-colon', 'with a space before its colon', ' 5\r\nContent-Length : 5'),
  bad('content-length-folded', 'on a folded line', '\r\n 5', lenient),
  bad('content-length-list', 'twice in a list', ' 5, 5', lenient),
  bad('content-length-list-tight', 'twice in a list without spaces', ' 5,5', lenient),
  bad('content-length-list-differing', 'of two numbers', ' 5, 6'),
  bad('content-length-list-trailing', 'with a comma after it', ' 5,', lenient),
  bad('content-length-list-leading', 'with a comma before it', ' ,5', lenient),
  bad('content-length-repeated', 'repeated', ' 5\r\nContent-Length: 5', lenient),
  bad('content-length-repeated-differing', 'repeated with another number', ' 5\r\nContent-Length: 6'),
  bad('content-length-repeated-zero', 'repeated with 0 first', ' 0\r\nContent-Length: 5'),
  bad('content-length-repeated-zeros', 'repeated with other zeros', ' 5\r\nContent-Length: 05', lenient),
  bad('content-length-repeated-case', 'repeated in another case', ' 6\r\ncontent-length: 5'),
  bad('content-length-repeated-apart', 'repeated after other fields', ' 6\r\nA: b\r\nContent-Length: 5'),
  bad('content-length-repeated-empty', 'repeated without a value', ' 5\r\nContent-Length:'),
  refuses(
    'content-length-bad-on-get',
    '9112 §6.3',
    'a bad Content-Length on GET is refused as well',
    get('Content-Length: x'),
  ),
  refuses(
    'content-length-bad-1.0',
    '9112 §6.3',
    'a bad Content-Length in HTTP/1.0 is refused as well',
    `POST /echo-body HTTP/1.0\r\n${fromHost}Content-Length: +5\r\n\r\nhello`,
  ),
]

const twoLengths: readonly Case[] = [
  both(
    'both-lengths-first',
    'Content-Length, then Transfer-Encoding: refused',
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  both(
    'both-lengths-last',
    'Transfer-Encoding, then Content-Length: refused',
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  both(
    'both-lengths-cl-te',
    'a request hidden after the last chunk is not executed',
    [`Content-Length: ${5 + hidden.length}`, 'Transfer-Encoding: chunked'],
    `0\r\n\r\n${hidden}`,
  ),
  both(
    'both-lengths-te-cl',
    'a request hidden inside a chunk is not executed',
    ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  ),
  both(
    'both-lengths-zero',
    'a length of 0 is a length',
    ['Content-Length: 0', 'Transfer-Encoding: chunked'],
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  both(
    'both-lengths-close',
    'Connection: close excuses nothing',
    ['Connection: close', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  both(
    'both-lengths-bad',
    'a bad length beside Transfer-Encoding is refused',
    ['Transfer-Encoding: chunked', 'Content-Length: x'],
    '0\r\n\r\n',
  ),
  both(
    'both-lengths-identity',
    'identity beside a length is refused',
    ['Transfer-Encoding: identity', 'Content-Length: 5'],
    'hello',
    { statuses: [400, 501] },
  ),
  refuses(
    'both-lengths-get',
    '9112 §6.3',
    'both lengths on GET are refused',
    `${get('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    lenient,
  ),
]

const truncated: readonly Case[] = [
  allows(
    'content-length-truncated',
    '9112 §8',
    'a body cut short is no success',
    `${echo('Content-Length: 10')}hello`,
    [{ responses: [{ statuses: [400, 408] }], after: 'closed' }, closedSilently],
    { how: 'half-close' },
  ),
  allows(
    'content-length-no-body',
    '9112 §8',
    'a body that never begins is no success',
    echo('Content-Length: 10'),
    [{ responses: [{ statuses: [400, 408] }], after: 'closed' }, closedSilently],
    { how: 'half-close' },
  ),
  allows('content-length-waits', '9112 §6.2', 'an unfinished body is waited for', `${echo('Content-Length: 6')}hello`, [
    { responses: [], after: 'any' },
  ]),
]

export const contentLength: readonly Case[] = [...good, ...refused, ...twoLengths, ...truncated]
