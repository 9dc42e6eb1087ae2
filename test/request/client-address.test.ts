import { describe, expect, test } from 'vitest'
import { createClientPeer, parseRange } from '../../src/request/client-address.ts'

function peerOf(trusted: readonly string[], address: string | null, headers: Record<string, string>) {
  const ranges = trusted.map((text) => {
    const range = parseRange(text)
    if (range === null) throw new Error(`${text} is no range.`)
    return range
  })
  return createClientPeer(ranges)(new Request('http://galley.test/', { headers }), { address, isSecure: false })
}

function pair(addresses: string, protocols: string): Record<string, string> {
  return { 'X-Forwarded-For': addresses, 'X-Forwarded-Proto': protocols }
}

describe('the address of a client', () => {
  test.each([
    ['no proxy is trusted', [], '10.0.0.1', { 'X-Forwarded-For': '1.2.3.4' }, '10.0.0.1'],
    ['another is trusted', ['10.0.0.2'], '10.0.0.1', { 'X-Forwarded-For': '1.2.3.4' }, '10.0.0.1'],
    ['a trusted proxy sends no header', ['10.0.0.1'], '10.0.0.1', {}, '10.0.0.1'],
    ['a trusted proxy sends the address', ['10.0.0.1'], '10.0.0.1', { 'X-Forwarded-For': '1.2.3.4' }, '1.2.3.4'],
    [
      'a proxy of a trusted range sends the address',
      ['10.0.0.0/8'],
      '10.9.8.7',
      { 'X-Forwarded-For': '1.2.3.4' },
      '1.2.3.4',
    ],
    ['a proxy sends Forwarded', ['10.0.0.1'], '10.0.0.1', { Forwarded: 'for=1.2.3.4;proto=https' }, '1.2.3.4'],
    ['it has six bytes more', ['10.0.0.1'], '10.0.0.1', { Forwarded: 'For="[2001:db8::17]:4711"' }, '2001:db8::17'],
    ['it has a port', ['10.0.0.1'], '10.0.0.1', { 'X-Forwarded-For': '1.2.3.4:5678' }, '1.2.3.4'],
    ['the proxy connects by IPv6', ['10.0.0.1'], '::ffff:10.0.0.1', { 'X-Forwarded-For': '1.2.3.4' }, '1.2.3.4'],
    ['the proxy is of IPv6', ['2001:db8::/32'], '2001:db8::1', { 'X-Forwarded-For': '::1' }, '::1'],
    ['the client has made up hops', ['10.0.0.1'], '10.0.0.1', { 'X-Forwarded-For': '9.9.9.9, 1.2.3.4' }, '1.2.3.4'],
    [
      'proxies stand in a row',
      ['10.0.0.0/8'],
      '10.0.0.1',
      { 'X-Forwarded-For': '9.9.9.9, 1.2.3.4, 10.0.0.2' },
      '1.2.3.4',
    ],
    ['all hops are trusted', ['10.0.0.0/8'], '10.0.0.1', { 'X-Forwarded-For': '10.0.0.3, 10.0.0.2' }, '10.0.0.3'],
    ['the client hides', ['10.0.0.1'], '10.0.0.1', { Forwarded: 'for=unknown' }, null],
    ['the hop is no address', ['10.0.0.1'], '10.0.0.1', { 'X-Forwarded-For': 'example.com' }, null],
    [
      'both say the same',
      ['10.0.0.1'],
      '10.0.0.1',
      { 'X-Forwarded-For': '1.2.3.4', Forwarded: 'for=1.2.3.4' },
      '1.2.3.4',
    ],
  ])('when %s', (_, trusted, address, headers, expected) => {
    expect(peerOf(trusted, address, headers as Record<string, string>).address).toBe(expected)
  })

  test('is refused when the two ways disagree, because the client may have added one', () => {
    const headers = { 'X-Forwarded-For': '1.2.3.4', Forwarded: 'for=127.0.0.1' }
    expect(() => peerOf(['10.0.0.1'], '10.0.0.1', headers)).toThrow('disagree')
  })

  const chain = ['10.0.0.0/8']
  test.each([
    ['https', { 'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Proto': 'https' }, '1.2.3.4', true],
    ['http', { 'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Proto': 'http' }, '1.2.3.4', false],
    ['https alone', { 'X-Forwarded-Proto': 'HTTPS' }, '10.0.0.1', true],
    ['https and no address', { Forwarded: 'proto=https' }, '10.0.0.1', true],
    ['https, the address by itself', { Forwarded: 'for=1.2.3.4', 'X-Forwarded-Proto': 'https' }, '1.2.3.4', true],
    ['http over https', { Forwarded: 'for=1.2.3.4;proto=http', 'X-Forwarded-Proto': 'https' }, '1.2.3.4', false],
    ['https,http by proxies in a row', pair('1.2.3.4, 10.0.0.2', 'https,http'), '1.2.3.4', true],
    ['http, https by proxies in a row', pair('1.2.3.4, 10.0.0.2', 'http , https'), '1.2.3.4', false],
    ['https once for proxies in a row', pair('1.2.3.4, 10.0.0.2', 'https'), '1.2.3.4', true],
    ['https,http beside one address', pair('1.2.3.4', 'https,http'), '1.2.3.4', true],
    ['https,http alone', { 'X-Forwarded-Proto': 'https,http' }, '10.0.0.1', true],
    ['http after what the client made up', pair('9.9.9.9, 1.2.3.4', 'https, http'), '1.2.3.4', false],
    ['no address after one that the client made up', { Forwarded: 'for=9.9.9.9, proto=https' }, '10.0.0.1', true],
  ])('is one that used TLS or not when the proxy says %s', (_, headers, address, isSecure) => {
    const { address: found, isSecure: secure } = peerOf(chain, '10.0.0.1', headers)
    expect([found, secure]).toEqual([address, isSecure])
    expect(peerOf(['10.0.0.9'], '10.0.0.1', headers)).toMatchObject({ isSecure: false })
  })

  test('does not parse a long list of hops', () => {
    const headers = { 'X-Forwarded-For': `${'10.0.0.2, '.repeat(1000)}10.0.0.2` }
    expect(peerOf(['10.0.0.0/8'], '10.0.0.1', headers).address).toBe('10.0.0.2')
  })
})

test.each(['', 'x', '10.0.0.0/33', '10.0.0', '1.2.3.4/a', 'example.com'])('"%s" is no range', (text) => {
  expect(parseRange(text)).toBeNull()
})
