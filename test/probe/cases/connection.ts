/** RFC 9112 §9: how long a connection lives, and the order of its responses. */
import { type Check, hasBody, hasConnection, lacks } from '../checks.ts'
import {
  allows,
  type Case,
  closedSilently,
  type Expected,
  echo,
  get,
  head,
  hidden,
  next,
  type Outcome,
  post,
  refuses,
  serves,
} from './case.ts'

const ok: Expected = { statuses: [200] }
const okAs = (...checks: readonly Check[]): Expected => ({ statuses: [200], checks })
const get10 = (...fields: readonly string[]) => head('GET / HTTP/1.0', ...fields)

function closes(slug: string, title: string, send: string): Case {
  return serves(slug, '9112 §9.6', title, send, { after: 'closed' })
}

function keeps(slug: string, title: string, send: string): Case {
  return serves(slug, '9112 §9.3', title, send)
}

/** HTTP/1.0 may be kept when it asks for it; then the response has to say so. */
const keptOrClosed: readonly Outcome[] = [
  { responses: [okAs(hasConnection('keep-alive'), lacks('transfer-encoding'))], after: 'open' },
  { responses: [okAs(lacks('transfer-encoding'))], after: 'closed' },
]

const life: readonly Case[] = [
  keeps('keep-alive', 'HTTP/1.1 stays open', get()),
  keeps('keep-alive-said', 'Connection: keep-alive stays open', get('Connection: keep-alive')),
  keeps('keep-alive-other-option', 'an unknown option closes nothing', get('Connection: x-close, closed')),
  keeps('keep-alive-empty', 'an empty Connection closes nothing', get('Connection:')),
  keeps('keep-alive-other-field', 'close in another field closes nothing', get('X-Connection: close')),
  closes('close', 'Connection: close closes', get('Connection: close')),
  closes('close-case', 'options have no case', get('Connection: CLOSE')),
  closes('close-in-list', 'close may stand in a list', get('Connection: keep-alive, close')),
  closes('close-in-list-first', 'keep-alive does not undo close', get('Connection: close, keep-alive')),
  closes('close-in-list-tight', 'a list needs no spaces', get('Connection: x,close,y')),
  closes('close-in-list-empty', 'a list may have empty elements', get('Connection: , ,close')),
  closes('close-second-line', 'close may stand in a second line', get('Connection: x', 'Connection: close')),
  serves('close-said', '9112 §9.6', 'the last response has Connection: close', get('Connection: close'), {
    checks: [hasConnection('close')],
    after: 'closed',
    stricter: true,
  }),
  closes('close-then-request', 'a request after Connection: close is not answered', get('Connection: close') + next),
  closes(
    'close-then-garbage',
    'bytes after Connection: close change nothing',
    `${get('Connection: close')}\0garbage\r\n\r\n`,
  ),
  closes(
    'close-post-then-request',
    'the same after a body',
    `${post('Connection: close', 'Content-Length: 2')}hi${next}`,
  ),
  closes('http-1.0', 'HTTP/1.0 closes', get10()),
  closes('http-1.0-then-request', 'a request after HTTP/1.0 is not answered', get10() + next),
  closes('http-1.0-close', 'HTTP/1.0 with close and keep-alive closes', get10('Connection: close, keep-alive')),
  allows(
    'http-1.0-keep-alive',
    '9112 §9.3',
    'an HTTP/1.0 connection is kept only with Connection: keep-alive',
    get10('Connection: keep-alive'),
    keptOrClosed,
  ),
  allows(
    'http-1.0-keep-alive-case',
    '9112 §9.3',
    'options have no case in HTTP/1.0',
    get10('Connection: Keep-Alive'),
    keptOrClosed,
  ),
]

const orders: readonly Case[] = [
  ...[2, 3, 16, 64].map((count) =>
    allows(`pipeline-${count}`, '9112 §9.3.2', `${count} requests in one write are all answered`, get().repeat(count), [
      { responses: Array.from({ length: count }, () => ok), after: 'open' },
    ]),
  ),
  ...[3, 24].map((count) => {
    const bodies = Array.from({ length: count }, (_, index) => `body ${index + 1}`)
    const bytes = bodies.map((body) => `${echo(`Content-Length: ${body.length}`)}${body}`).join('')
    const title = `${count} bodies come back in order`
    return allows(`pipeline-order-${count}`, '9112 §9.3.2', title, bytes, [
      { responses: bodies.map((body) => okAs(hasBody(body))), after: 'open' },
    ])
  }),
  allows(
    'pipeline-post-between',
    '9112 §9.3.2',
    'a POST between GETs keeps its place',
    `${get()}${echo('Content-Length: 5')}hello${get()}`,
    [{ responses: [ok, okAs(hasBody('hello')), ok], after: 'open' }],
  ),
  allows(
    'pipeline-chunked-between',
    '9112 §9.3.2',
    'a chunked POST between GETs keeps its place',
    `${get()}${echo('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n${get()}`,
    [{ responses: [ok, okAs(hasBody('hello')), ok], after: 'open' }],
  ),
  allows(
    'pipeline-head-between',
    '9112 §9.3.2',
    'a HEAD between GETs has no body',
    get() + head('HEAD / HTTP/1.1') + get(),
    [{ responses: [ok, ok, ok], after: 'open' }],
    { heads: [1] },
  ),
  allows('pipeline-crlf-between', '9112 §2.2', 'an empty line between requests is skipped', `${get()}\r\n${get()}`, [
    { responses: [ok, ok], after: 'open' },
  ]),
  allows(
    'pipeline-unread-body',
    '9112 §9.3',
    'a body that the handler does not read is no request',
    `${post(`Content-Length: ${hidden.length}`)}${hidden}${get()}`,
    [
      { responses: [ok, ok], after: 'open' },
      { responses: [ok], after: 'closed' },
    ],
  ),
  allows(
    'pipeline-close-second',
    '9112 §9.6',
    'no request after Connection: close is answered',
    get() + get('Connection: close') + next,
    [{ responses: [ok, ok], after: 'closed' }],
  ),
  allows(
    'pipeline-error-second',
    '9112 §9.3.2',
    'a good request before a bad one is answered',
    `${get()}${get('A : b')}${next}`,
    [{ responses: [ok, { statuses: [400] }], after: 'closed' }],
  ),
  allows(
    'pipeline-error-after-three',
    '9112 §9.3.2',
    'responses before an error keep their order',
    `${get().repeat(3)}G@T / HTTP/1.1\r\n\r\n${next}`,
    [
      { responses: [ok, ok, ok, { statuses: [400] }], after: 'closed' },
      { responses: [ok, ok, ok], after: 'closed' },
    ],
  ),
  refuses(
    'pipeline-after-error',
    '9112 §9.3.2',
    'no request after a bad one is executed',
    `${get('A : b')}${next}${next}`,
  ),
  allows(
    'two-requests-in-turn',
    '9112 §9.3',
    'a second request waits for the first response',
    '',
    [{ responses: [ok, ok], after: 'open' }],
    { send: [get(), get()], how: 'after-answer' },
  ),
  allows(
    'two-writes-request-cut',
    '9112 §9.3',
    'a request may come in two pieces',
    '',
    [{ responses: [ok, ok], after: 'open' }],
    { send: [get() + get().slice(0, 20), get().slice(20)], how: 'after-answer' },
  ),
  allows(
    'body-cut',
    '9112 §6',
    'a body may come in two pieces',
    '',
    [{ responses: [okAs(hasBody('hello'))], after: 'open' }],
    { send: [`${echo('Content-Length: 5')}he`, 'llo'], how: 'after-pause', needsEcho: true },
  ),
  allows(
    'chunk-cut',
    '9112 §7.1',
    'a chunk may come in two pieces',
    '',
    [{ responses: [okAs(hasBody('hello'))], after: 'open' }],
    { send: [`${echo('Transfer-Encoding: chunked')}5\r\nhe`, 'llo\r\n0\r\n\r\n'], how: 'after-pause', needsEcho: true },
  ),
]

function ended(slug: string, title: string, send: string, outcomes: readonly Outcome[], stricter = false): Case {
  return allows(slug, '9112 §9.6', title, send, outcomes, { how: 'half-close', stricter })
}

const noSuccess: readonly Outcome[] = [{ responses: [{ statuses: [400, 408] }], after: 'closed' }, closedSilently]

const halfClosed: readonly Case[] = [
  ended(
    'half-close',
    'a client that has sent all still gets its response',
    get(),
    [{ responses: [ok], after: 'closed' }],
    true,
  ),
  ended(
    'half-close-pipeline',
    'and all of them',
    get().repeat(3),
    [{ responses: [ok, ok, ok], after: 'closed' }],
    true,
  ),
  ended(
    'half-close-body',
    'and the one to its body',
    `${echo('Content-Length: 5')}hello`,
    [{ responses: [okAs(hasBody('hello'))], after: 'closed' }],
    true,
  ),
  ended('half-close-nothing', 'a connection without a request is closed without a response', '', [closedSilently]),
  ended('half-close-crlf', 'so is one with an empty line', '\r\n', noSuccess),
  ended('half-close-in-line', 'a request line cut short is no request', 'GET / HT', noSuccess),
  ended('half-close-in-head', 'a head cut short is no request', get().slice(0, -2), noSuccess),
  ended('half-close-in-end', 'a head without its last LF is no request', get().slice(0, -1), noSuccess),
  ended(
    'half-close-second-cut',
    'a whole request before one cut short is answered',
    get() + get().slice(0, -2),
    [
      { responses: [ok], after: 'closed' },
      { responses: [ok, { statuses: [400, 408] }], after: 'closed' },
    ],
    true,
  ),
  allows('head-waits', '9112 §2.2', 'an unfinished head is waited for', get().slice(0, -2), [
    { responses: [], after: 'any' },
  ]),
]

export const connection: readonly Case[] = [...life, ...orders, ...halfClosed]
