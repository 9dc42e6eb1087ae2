/** RFC 9110 §10.1.1 and §7.8: the Expect and Upgrade fields. */
import { hasBody } from '../checks.ts'
import { allows, type Case, echo, get, head, hidden, type Outcome, post, serves } from './case.ts'

const hello = { statuses: [200], checks: [hasBody('hello')] }
const refused: Outcome = { responses: [{ statuses: [417] }], after: 'either' }
const expecting = ['Expect: 100-continue', 'Content-Length: 5']

const continues: readonly Case[] = [
  allows(
    'continue',
    '9110 §10.1.1',
    'a client that waits gets 100 Continue',
    '',
    [{ responses: [{ ...hello, continues: 'must' }], after: 'open' }, refused],
    { send: [echo(...expecting), 'hello'], how: 'after-answer', needsEcho: true },
  ),
  allows(
    'continue-case',
    '9110 §10.1.1',
    'the expectation has no case',
    '',
    [{ responses: [{ ...hello, continues: 'must' }], after: 'open' }, refused],
    { send: [echo('Expect: 100-Continue', 'Content-Length: 5'), 'hello'], how: 'after-answer', needsEcho: true },
  ),
  allows(
    'continue-chunked',
    '9110 §10.1.1',
    'with a chunked body too',
    '',
    [{ responses: [{ ...hello, continues: 'must' }], after: 'open' }, refused],
    {
      send: [echo('Expect: 100-continue', 'Transfer-Encoding: chunked'), '5\r\nhello\r\n0\r\n\r\n'],
      how: 'after-answer',
      needsEcho: true,
    },
  ),
  allows('continue-not-awaited', '9110 §10.1.1', 'a body that came at once is read', `${echo(...expecting)}hello`, [
    { responses: [{ ...hello, continues: 'may' }], after: 'open' },
    refused,
  ]),
  allows(
    'continue-unread',
    '9110 §10.1.1',
    'no 100 for an unread body',
    post(...expecting),
    [{ responses: [{ statuses: [200, 404, 405, 417] }], after: 'any' }],
    { stricter: true },
  ),
  allows(
    'continue-unread-sent',
    '9110 §10.1.1',
    'a body sent after the final response is no request',
    '',
    [{ responses: [{ statuses: [200, 404, 405, 417], continues: 'may' }], after: 'either' }],
    {
      send: [post('Expect: 100-continue', `Content-Length: ${hidden.length}`), hidden],
      how: 'after-answer',
    },
  ),
  allows(
    'continue-no-body',
    '9110 §10.1.1',
    'an expectation without a body does no harm',
    get('Expect: 100-continue'),
    [{ responses: [{ statuses: [200], continues: 'may' }], after: 'open' }, refused],
  ),
  allows(
    'continue-1.0',
    '9110 §10.1.1',
    'HTTP/1.0 is never sent a 100',
    `${head('POST /echo-body HTTP/1.0', ...expecting)}hello`,
    [{ responses: [hello], after: 'closed' }],
  ),
  allows(
    'continue-1.0-waits',
    '9110 §10.1.1',
    'HTTP/1.0 is never sent a 100, however long it waits',
    '',
    [{ responses: [hello], after: 'closed' }],
    {
      send: [head('POST /echo-body HTTP/1.0', ...expecting), 'hello'],
      how: 'after-pause',
      needsEcho: true,
    },
  ),
  allows(
    'continue-not-expected',
    '9110 §15.2.1',
    'no 100 for a client that expects none',
    '',
    [{ responses: [hello], after: 'open' }],
    { send: [echo('Content-Length: 5'), 'hello'], how: 'after-pause', needsEcho: true },
  ),
  serves('expectation-unknown', '9110 §10.1.1', 'an unknown expectation is ignored or gets 417', get('Expect: magic'), {
    statuses: [200, 417],
    after: 'either',
  }),
  allows(
    'expectation-unknown-body',
    '9110 §10.1.1',
    'the same with a body',
    `${echo('Expect: magic', 'Content-Length: 5')}hello`,
    [{ responses: [hello], after: 'open' }, refused],
  ),
]

const halfRequest = post(`Content-Length: ${hidden.length + 5}`)

const early: readonly Case[] = [
  allows(
    'early-answer',
    '9112 §9.3',
    'what comes of a body after the response is no request',
    '',
    [{ responses: [{ statuses: [200, 404, 405, 413] }], after: 'either' }],
    { send: [`${halfRequest}hello`, hidden], how: 'after-pause' },
  ),
  allows(
    'early-answer-chunked',
    '9112 §9.3',
    'the same with chunks',
    '',
    [{ responses: [{ statuses: [200, 404, 405, 413] }], after: 'either' }],
    {
      send: [
        `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n`,
        `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
      ],
      how: 'after-pause',
    },
  ),
  allows(
    'early-answer-bad-chunk',
    '9112 §9.3',
    'a bad chunk after the response ends the connection',
    '',
    [
      { responses: [{ statuses: [200, 400, 404, 405, 413] }], after: 'closed' },
      { responses: [{ statuses: [200, 404, 405] }, { statuses: [400] }], after: 'closed' },
    ],
    { send: [`${post('Transfer-Encoding: chunked')}5\r\nhello\r\n`, `x\r\n${hidden}`], how: 'after-pause' },
  ),
]

function upgrade(slug: string, title: string, ...fields: readonly string[]): Case {
  return serves(`upgrade-${slug}`, '9110 §7.8', title, get(...fields))
}

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

const upgrades: readonly Case[] = [
  upgrade('unknown', 'an unknown protocol is ignored', 'Connection: Upgrade', 'Upgrade: magic/1'),
  upgrade('list', 'a list of unknown protocols is ignored', 'Connection: keep-alive, Upgrade', 'Upgrade: a/1, b'),
  upgrade('h2c', 'h2c is ignored', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
  upgrade('no-option', 'Upgrade without its Connection option is ignored', 'Upgrade: magic/1'),
  upgrade('no-field', 'the option without Upgrade is ignored', 'Connection: Upgrade'),
  upgrade(
    'websocket-no-option',
    'so is a WebSocket without it',
    'Upgrade: websocket',
    key,
    'Sec-WebSocket-Version: 13',
  ),
  serves(
    'upgrade-body',
    '9110 §7.8',
    'a body with Upgrade is still a body',
    `${echo('Connection: Upgrade', 'Upgrade: magic/1', 'Content-Length: 5')}hello`,
    {
      checks: [hasBody('hello')],
    },
  ),
  serves(
    'upgrade-1.0',
    '9110 §7.8',
    'Upgrade in HTTP/1.0 is ignored',
    head('GET / HTTP/1.0', 'Connection: Upgrade', 'Upgrade: magic/1'),
    {
      after: 'closed',
    },
  ),
]

export const expectations: readonly Case[] = [...continues, ...early, ...upgrades]
