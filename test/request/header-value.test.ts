import { describe, expect, test } from 'vitest'
import { tokenIn } from '../../src/auth/cookie.ts'
import { chooseProtocol } from '../../src/connections/upgrade.ts'
import { negotiateEncoding, negotiateType } from '../../src/http/accept.ts'
import { matchesTag } from '../../src/http/etag.ts'
import { bearerIn } from '../../src/request/bearer.ts'
import { createClientPeer, parseRanges } from '../../src/request/client-address.ts'

/** Blanks to `trim()`, `\s` or Unicode, and none to the grammar of headers, whose values have no line break. */
const falseBlanks = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code)).filter(
  (text) => (/\s/.test(text) || text === '\u0085' || text === '\u200b') && !/[ \t\r\n]/.test(text),
)

const token = `gls_${'A'.repeat(43)}`

/** Each finds what it looks for in a header; `at` stands wherever the grammar allows blanks. */
const parsers: Record<string, (at: string) => boolean> = {
  'the first cookie': (at) => tokenIn(`${at}__Host-galley=${token}`, '__Host-galley') === token,
  'a later cookie': (at) => tokenIn(`a=b;${at}__Host-galley=${token}`, '__Host-galley') === token,
  'before = of a cookie': (at) => tokenIn(`__Host-galley${at}=${token}`, '__Host-galley') === token,
  'the value of a cookie': (at) => tokenIn(`__Host-galley=${token}${at}`, '__Host-galley') === token,
  'Authorization, before the token': (at) => bearerIn(`Bearer ${at}${token}`) === token,
  'Authorization, after the token': (at) => bearerIn(`Bearer ${token}${at}`) === token,
  'If-None-Match: *': (at) => matchesTag(`${at}*`, '"1"'),
  'If-Match: a list': (at) => matchesTag(`"2",${at}"1"${at}`, '"1"'),
  'Sec-WebSocket-Protocol': (at) => chooseProtocol(headersOf(`x,${at}galley.v1.cbor`)) === 'galley.v1.cbor',
  Accept: (at) => negotiateType(`image/png,${at}text/html`, ['text/html']) === 'text/html',
  'Accept, before a parameter': (at) => negotiateType(`text/html;${at}q=0`, ['text/html']) === null,
  'Accept, a quality': (at) => negotiateType(`text/html;q=${at}0.5`, ['text/html']) === 'text/html',
  'Accept-Encoding': (at) => negotiateEncoding(`br,${at}gzip`) === 'gzip',
  'X-Forwarded-For': (at) => clientBy({ 'x-forwarded-for': `9.9.9.9,${at}1.2.3.4` }) === '1.2.3.4',
  'X-Forwarded-Proto': (at) => isSecureBy({ 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': `https${at}` }),
  Forwarded: (at) => clientBy({ forwarded: `for=9.9.9.9,${at}for=1.2.3.4` }) === '1.2.3.4',
  'Forwarded, before a parameter': (at) => isSecureBy({ forwarded: `for=1.2.3.4;${at}proto=https` }),
}

describe.each(Object.entries(parsers))('%s', (_, finds) => {
  test.each(['', ' ', '\t', ' \t '])('takes %j for a blank', (blank) => {
    expect(finds(blank)).toBe(true)
  })

  test('takes no other character for one', () => {
    expect(falseBlanks.filter((blank) => finds(blank)).map((blank) => blank.charCodeAt(0).toString(16))).toEqual([])
  })
})

/** As a runtime passes it on that decodes headers as UTF-8. */
function headersOf(protocol: string): Headers {
  return { get: () => protocol } as unknown as Headers
}

function peerBy(headers: Record<string, string>) {
  const request = { headers: { get: (name: string) => headers[name] ?? null } } as unknown as Request
  return createClientPeer(parseRanges(['10.0.0.1']))(request, { address: '10.0.0.1', isSecure: false })
}

const clientBy = (headers: Record<string, string>) => peerBy(headers).address
const isSecureBy = (headers: Record<string, string>) => peerBy(headers).isSecure
