/** Connection options of a head: RFC 9112 §9, RFC 9110 §7.6.1, §7.8 and §10.1.1; and pipelines. */
import type { Framing } from '../../../src/http1/framing.ts'
import { chunked, get, head, type ParserCase, post, refused, taken, unfinished } from './parser-case.ts'

function persistence(rfc: string, name: string, fields: readonly string[], framing: Partial<Framing>): ParserCase {
  return taken(rfc, name, get(...fields), { framing })
}

const options: readonly ParserCase[] = [
  persistence('9.3', 'no Connection', [], { isClosing: false, isKeepingAlive: false, upgrade: '' }),
  persistence('9.6', 'close', ['Connection: close'], { isClosing: true, isKeepingAlive: false }),
  persistence('9.6', 'close in capitals', ['CONNECTION: CLOSE'], { isClosing: true }),
  persistence('9.3', 'keep-alive', ['Connection: Keep-Alive'], { isClosing: false, isKeepingAlive: true }),
  persistence('9.6', 'close in a list', ['Connection: a, close , b'], { isClosing: true }),
  persistence('9.6', 'close in a second line', ['Connection: keep-alive', 'Connection: close'], {
    isClosing: true,
    isKeepingAlive: true,
  }),
  persistence('9.6', 'close among empty elements', ['Connection: ,, close ,,'], { isClosing: true }),
  persistence('9.6', 'close after a tab', ['Connection: a,\tclose'], { isClosing: true }),
  persistence('9.6', 'an empty Connection', ['Connection:'], { isClosing: false }),
  persistence('9.6', 'a word that contains close', ['Connection: closed, not-close'], { isClosing: false }),
  persistence('9.6', 'Proxy-Connection, which means nothing', ['Proxy-Connection: close'], { isClosing: false }),
  persistence('9.3', 'Keep-Alive, which means nothing alone', ['Keep-Alive: timeout=5'], { isKeepingAlive: false }),
  refused('9110 §7.6.1', 400, 'two words in Connection', get('Connection: close now')),
  refused('9110 §7.6.1', 400, 'a quoted word in Connection', get('Connection: "close"')),
  refused('9110 §7.6.1', 400, 'a parameter in Connection', get('Connection: close;a=b')),
  refused('9110 §7.6.1', 400, 'a byte beyond ASCII in Connection', get('Connection: clos\xe9')),
  refused('9110 §5.6.3', 400, 'a no-break space in Connection', get('Connection: close\xa0')),
  refused('9110 §5.6.3', 400, 'a no-break space between options', get('Connection: a,\xa0close')),
]

const upgrades: readonly ParserCase[] = [
  persistence('9110 §7.8', 'Upgrade', ['Upgrade: websocket', 'Connection: Upgrade'], { upgrade: 'websocket' }),
  persistence('9110 §7.8', 'Upgrade after Connection', ['Connection: keep-alive, Upgrade', 'Upgrade: websocket'], {
    upgrade: 'websocket',
  }),
  persistence('9110 §7.8', 'Upgrade that Connection does not name', ['Upgrade: websocket'], { upgrade: '' }),
  persistence('9110 §7.8', 'Upgrade named without the field', ['Connection: upgrade'], { upgrade: '' }),
  persistence('9110 §7.8', 'a list of protocols', ['Upgrade: h2c, websocket', 'Connection: upgrade'], {
    upgrade: 'h2c, websocket',
  }),
  persistence('9110 §5.3', 'two Upgrade lines', ['Upgrade: a', 'Upgrade: b', 'Connection: upgrade'], {
    upgrade: 'a, b',
  }),
]

const expectations: readonly ParserCase[] = [
  persistence('9110 §10.1.1', 'no Expect', [], { expectsContinue: false }),
  taken('9110 §10.1.1', '100-continue', `${post('Expect: 100-continue', 'Content-Length: 1')}x`, {
    framing: { expectsContinue: true },
  }),
  persistence('9110 §10.1.1', '100-Continue', ['Expect: 100-Continue'], { expectsContinue: true }),
  unfinished('9110 §10.1.1', '100-continue and no body yet', post('Expect: 100-continue', 'Content-Length: 1'), {
    body: '',
  }),
  refused('9110 §10.1.1', 417, 'another expectation', get('Expect: 200-ok')),
  refused('9110 §10.1.1', 417, 'an expectation with a parameter', get('Expect: 100-continue; a=b')),
  refused('9110 §10.1.1', 417, 'another expectation beside 100-continue', get('Expect: 100-continue, x')),
  refused('9110 §10.1.1', 417, 'another expectation before 100-continue', get('Expect: x', 'Expect: 100-continue')),
  refused('9110 §10.1.1', 417, 'another expectation before an empty one', get('Expect: x', 'Expect:')),
]

const pipelines: readonly ParserCase[] = [
  taken('9.3.2', 'two requests', get() + post(), { method: 'GET' }, { method: 'POST' }),
  taken('9.3.2', 'sixteen requests', get().repeat(16), ...Array.from({ length: 16 }, () => ({ method: 'GET' }))),
  taken(
    '9.3.2',
    'all kinds of bodies',
    `${post('Content-Length: 2')}ab${chunked('2\r\ncd\r\n0\r\n\r\n')}${get()}${post('Content-Length: 0')}`,
    { body: 'ab' },
    { body: 'cd' },
    { body: '', method: 'GET' },
    { body: '', method: 'POST' },
  ),
  taken(
    '9.3.2',
    'fields that change',
    get('A: 1') + get('A: 2') + get('A: 1', 'B: 1'),
    {},
    { fields: ['host: a.example', 'a: 2'] },
    {},
  ),
  taken('9.6', 'a request after close, which must get no response', get('Connection: close') + get(), {}, {}),
  taken('9.3.2', 'HTTP/1.0 and HTTP/1.1', head('GET / HTTP/1.0') + get(), { minorVersion: 0 }, { minorVersion: 1 }),
  unfinished('9.3.2', 'a request and a half', `${get()}GET /half HT`, { method: 'GET' }),
  unfinished('9.3.2', 'a request and half a body', `${get()}${post('Content-Length: 9')}half`, {}, { body: 'half' }),
]

export const connections: readonly ParserCase[] = [...options, ...upgrades, ...expectations, ...pipelines]
