/** Limits of sizes and counts, and the status beyond each. */
import { hasBody } from '../checks.ts'
import { allows, type Case, echo, get, head, hidden, next, type Outcome, post, refuses, serves } from './case.ts'

const kib = 1024
const tooLarge = [400, 413, 431]
const query = (bytes: number) => `GET /?${'a'.repeat(bytes - 2)} HTTP/1.1`
const fields = (count: number) => Array.from({ length: count }, (_, index) => `A${index}: b`)
const chunkedHello = (sizeLine: string, trailers = '') =>
  `${echo('Transfer-Encoding: chunked')}${sizeLine}\r\nhello\r\n0\r\n${trailers}\r\n`

function refusesOrServes(
  slug: string,
  section: string,
  title: string,
  send: string,
  statuses: readonly number[],
): Case {
  return allows(slug, section, title, send, [
    { responses: [{ statuses }], after: 'closed' },
    { responses: [{ statuses: [200, 404] }], after: 'open' },
  ])
}

const heads: readonly Case[] = [
  serves('target-8000', '9112 §3', 'a request line of 8,000 bytes is served', head(query(7986))),
  refusesOrServes('target-100k', '9112 §3', 'a target too long gets 414', head(query(100 * kib)), [414]),
  refuses('target-10k', '9112 §3', 'a request line over 8 KiB gets 414', head(query(10 * kib)), {
    statuses: [414],
    stricter: true,
  }),
  refuses('method-long', '9112 §3', 'a method of 10,000 bytes is refused', head(`${'A'.repeat(10_000)} / HTTP/1.1`), {
    statuses: [400, 405, 414, 431, 501],
    silent: true,
  }),
  refuses(
    'version-long',
    '9112 §2.3',
    'a version of 10,000 bytes is refused',
    head(`GET / HTTP/${'1'.repeat(10_000)}.1`),
    {
      statuses: [400, 414, 431, 505],
      silent: true,
    },
  ),
  serves('field-8k', '9110 §5.4', 'a field of 7,000 bytes is served', get(`A: ${'b'.repeat(7000)}`)),
  serves('fields-90', '9110 §5.4', '90 fields are served', get(...fields(89))),
  refuses('fields-150', '9110 §5.4', 'more than 100 fields get 431', get(...fields(150)), {
    statuses: [431],
    stricter: true,
  }),
  refuses('field-20k', '9110 §5.4', 'a head over 16 KiB gets 431', get(`A: ${'b'.repeat(20 * kib)}`), {
    statuses: [431],
    stricter: true,
  }),
  refuses('field-name-20k', '9110 §5.4', 'a name over 16 KiB gets 431', get(`${'a'.repeat(20 * kib)}: b`), {
    statuses: [431],
    stricter: true,
  }),
  refusesOrServes('field-100k', '9110 §5.4', 'a field too long gets 431', get(`A: ${'b'.repeat(100 * kib)}`), tooLarge),
  refuses('field-2m', '9110 §5.4', 'a head has an end', get(`A: ${'b'.repeat(2 * kib * kib)}`), {
    statuses: tooLarge,
    silent: true,
  }),
]

/** Many times any real use; the RFC says that the length ought to be limited. */
const chunks: readonly Case[] = [
  refuses(
    'chunk-extension-200k',
    '9112 §7.1.1',
    'an extension of 200 KiB is refused',
    chunkedHello(`5;a=${'b'.repeat(200 * kib)}`),
    {
      statuses: tooLarge,
      silent: true,
      stricter: true,
    },
  ),
  refuses(
    'trailers-200k',
    '9112 §7.1.2',
    'trailers of 200 KiB are refused',
    chunkedHello('5', 'A: b\r\n'.repeat(35_000)),
    {
      statuses: tooLarge,
      silent: true,
      stricter: true,
    },
  ),
  refuses(
    'chunk-size-zeros',
    '9112 §7.1',
    'a size of 10,000 zeros is refused',
    chunkedHello(`${'0'.repeat(10_000)}5`),
    {
      statuses: tooLarge,
      silent: true,
      stricter: true,
    },
  ),
]

const large = 'x'.repeat(64 * kib)
const unread: Outcome = { responses: [{ statuses: [200, 404, 405, 413] }], after: 'either' }

const bodies: readonly Case[] = [
  serves('body-64k', '9112 §6.2', 'a body of 64 KiB comes back', echo(`Content-Length: ${large.length}`) + large, {
    checks: [hasBody(large)],
  }),
  serves(
    'chunk-64k',
    '9112 §7.1',
    'so does a chunk of 64 KiB',
    `${echo('Transfer-Encoding: chunked')}10000\r\n${large}\r\n0\r\n\r\n`,
    {
      checks: [hasBody(large)],
    },
  ),
  allows(
    'body-unread-1m',
    '9112 §9.3',
    'an unread body of 1 MiB is drained or ends the connection',
    post(`Content-Length: ${kib * kib}`) + hidden + 'x'.repeat(kib * kib - hidden.length),
    [unread],
  ),
  allows(
    'body-huge',
    '9110 §15.5.14',
    'a length of 1 TiB is no promise to read it',
    `${post(`Content-Length: ${2 ** 40}`)}x`,
    [
      { responses: [{ statuses: [200, 400, 404, 405, 413] }], after: 'any' },
      { responses: [], after: 'any' },
    ],
  ),
]

/** A client that writes all before it reads still finds the response: the server closes in stages (9112 §9.6). */
const lingering: readonly Case[] = [
  allows(
    'lingers-after-error',
    '9112 §9.6',
    'the response to a bad head survives 256 KiB that follow',
    `${get('A : b')}${large.repeat(4)}`,
    [{ responses: [{ statuses: [400] }], after: 'closed' }],
    { how: 'reads-late', stricter: true },
  ),
  allows(
    'lingers-after-bad-chunk',
    '9112 §9.6',
    'the response to a bad chunk survives 256 KiB that follow',
    `${echo('Transfer-Encoding: chunked')}x\r\n${large.repeat(4)}`,
    [{ responses: [{ statuses: [400] }], after: 'closed' }],
    { how: 'reads-late', stricter: true },
  ),
  allows(
    'lingers-after-close',
    '9112 §9.6',
    'the response before a close survives 256 KiB that follow',
    `${get('Connection: close')}${large.repeat(4)}`,
    [{ responses: [{ statuses: [200] }], after: 'closed' }],
    { how: 'reads-late', stricter: true },
  ),
  allows(
    'lingers-pipeline',
    '9112 §9.6',
    'requests after a close are swallowed',
    get('Connection: close') + next.repeat(2000),
    [{ responses: [{ statuses: [200] }], after: 'closed' }],
    { how: 'reads-late', stricter: true },
  ),
]

export const limits: readonly Case[] = [...heads, ...chunks, ...bodies, ...lingering]
