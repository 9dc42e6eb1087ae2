/** RFC 9112 §3.2: one Host, valid, and the one that an absolute target names. */
import { type Case, next, type Refused, refuses, type Served, serves } from './case.ts'

function request(line: string, ...hosts: readonly string[]): string {
  return `${line}\r\n${hosts.map((host) => `Host:${host}\r\n`).join('')}\r\n`
}

const getWith = (...hosts: readonly string[]) => request('GET / HTTP/1.1', ...hosts)

/** A wrong Host leaves no doubt where the request ends. */
const keepable = { keepable: true }

/** 400 is a must: §3.2 for a missing, repeated or invalid Host. */
function bad(slug: string, title: string, value: string, extra: Refused = {}): Case {
  return refuses(slug, '9112 §3.2', `${title} is refused`, getWith(` ${value}`), { ...keepable, ...extra })
}

function good(slug: string, title: string, value: string, extra: Served = {}): Case {
  return serves(slug, '9110 §7.2', `${title} is served`, getWith(value), { statuses: [200, 403, 404, 421], ...extra })
}

/** The RFC wants a disagreeing Host to be ignored (9112 §3.2.2); what lies between may not have ignored it. */
function disagrees(slug: string, title: string, target: string, host: string): Case {
  const bytes = request(`GET ${target} HTTP/1.1`, ` ${host}`)
  return refuses(slug, '9112 §3.2.2', title, bytes, { statuses: [400, 421], stricter: true })
}

export const host: readonly Case[] = [
  refuses('host-missing', '9112 §3.2', 'HTTP/1.1 without Host is refused', getWith(), keepable),
  refuses(
    'host-missing-absolute',
    '9112 §3.2',
    'absolute-form wants Host too',
    request('GET http://{host}/ HTTP/1.1'),
    keepable,
  ),
  serves('host-missing-1.0', '9112 §3.2', 'HTTP/1.0 may do without Host', request('GET / HTTP/1.0'), {
    after: 'closed',
  }),
  refuses('host-empty', '9112 §3.2', 'an empty Host names nothing', getWith(''), { stricter: true }),
  refuses('host-blank', '9112 §3.2', 'a Host of spaces names nothing', getWith('  \t'), { stricter: true }),
  refuses('host-repeated', '9112 §3.2', 'two equal Hosts are refused', getWith(' {host}', ' {host}'), keepable),
  refuses(
    'host-repeated-differing',
    '9112 §3.2',
    'two Hosts are refused',
    getWith(' {host}', ' evil.example'),
    keepable,
  ),
  refuses('host-repeated-empty', '9112 §3.2', 'a second, empty Host is refused', getWith(' {host}', ''), keepable),
  refuses(
    'host-repeated-case',
    '9112 §3.2',
    'a second Host written in another case is refused',
    `GET / HTTP/1.1\r\nHost: {host}\r\nhOST: evil.example\r\n\r\n`,
    keepable,
  ),
  refuses(
    'host-repeated-apart',
    '9112 §3.2',
    'a second Host after other fields is refused',
    `GET / HTTP/1.1\r\nHost: {host}\r\nA: 1\r\nB: 2\r\nHost: evil.example\r\n\r\n`,
    keepable,
  ),
  refuses(
    'host-repeated-1.0',
    '9112 §3.2',
    'two Hosts are refused in HTTP/1.0 as well',
    request('GET / HTTP/1.0', ' {host}', ' evil.example') + next,
    { followed: false },
  ),
  bad('host-list', 'a list of hosts', '{host}, evil.example'),
  bad('host-path', 'a Host with a path', '{host}/path'),
  bad('host-query', 'a Host with a query', '{host}?a'),
  bad('host-fragment', 'a Host with a fragment', '{host}#a'),
  bad('host-userinfo', 'a Host with userinfo', 'user@{host}'),
  bad('host-scheme', 'a Host with a scheme', 'http://{host}'),
  bad('host-space', 'a Host with a space inside', 'a b'),
  bad('host-tab', 'a Host with a tab inside', 'a\tb'),
  bad('host-backslash', 'a Host with a backslash', 'a\\b'),
  bad('host-angle', 'a Host with angle brackets', '<a>'),
  bad('host-quoted', 'a quoted Host', '"a"'),
  bad('host-caret', 'a Host with a caret', 'a^b'),
  bad('host-bar', 'a Host with a bar', 'a|b'),
  bad('host-high-byte', 'a Host with a byte above 127', 'caf\xe9'),
  bad('host-nul', 'a Host with NUL', 'a\0b'),
  bad('host-control', 'a Host with a control byte', 'a\x01b'),
  bad('host-bad-percent', 'a Host with a broken percent code', 'a%zz'),
  bad('host-port-letters', 'a port of letters', 'localhost:http'),
  bad('host-port-negative', 'a negative port', 'localhost:-1'),
  bad('host-port-space', 'a port with a space before it', 'localhost: 80'),
  bad('host-two-ports', 'a Host with two ports', 'localhost:80:80'),
  bad('host-port-alone', 'a Host that is a port alone', ':80', { stricter: true }),
  bad('host-open-bracket', 'an IPv6 address without its bracket', '[::1'),
  bad('host-close-bracket', 'a Host with a stray bracket', '::1]'),
  bad('host-bare-ipv6', 'an IPv6 address without brackets', '::1'),
  bad('host-after-bracket', 'text after an IPv6 address', '[::1]a'),
  bad('host-not-ipv6', 'a name in brackets', '[localhost]'),
  good('host-ipv6', 'an IPv6 address with a port', ' [::1]:80'),
  good('host-ipv4', 'an IPv4 address', ' 127.0.0.1'),
  good('host-other', 'a valid name', ' example.com'),
  good('host-port-empty', 'an empty port', ' localhost:'),
  good('host-hyphens', 'a name with hyphens, digits and a final dot', ' a-1.example.'),
  good('host-underscore', 'a name with an underscore', ' a_b.example'),
  good('host-no-space', 'Host without a space after its colon', '{host}', { statuses: [200] }),
  good('host-trimmed', 'Host with spaces and tabs around it', ' \t {host} \t', { statuses: [200] }),
  serves('host-name-case', '9110 §5.1', 'field names have no case', `GET / HTTP/1.1\r\nhOST: {host}\r\n\r\n`),
  serves('host-last', '9112 §3.2', 'Host may come last', `GET / HTTP/1.1\r\nA: b\r\nC: d\r\nHost: {host}\r\n\r\n`),
  disagrees(
    'absolute-form-other-host',
    'a target that disagrees with Host is refused',
    'http://evil.example/',
    '{host}',
  ),
  disagrees(
    'absolute-form-other-port',
    'a port that disagrees with Host is refused',
    'http://a.example:1/',
    'a.example:2',
  ),
  disagrees(
    'absolute-form-suffix',
    'a name that only begins like Host is refused',
    'http://{host}.evil.example/',
    '{host}',
  ),
]
