/** RFC 9112 §3: method, target and version, and nothing between them but one space. */
import { hasNotBody } from '../checks.ts'
import {
  allows,
  type Case,
  closedSilently,
  fromHost,
  get,
  head,
  next,
  type Refused,
  refuses,
  type Served,
  serves,
} from './case.ts'

/** The allowed responses to a valid request that a server need not support. */
const handled = [200, 204, 301, 302, 307, 308, 401, 403, 404, 405, 501]
const wrongVersion = [400, 505]

/** An invalid request line: a 400 should be sent (§3), a close without one is allowed. */
function bad(slug: string, title: string, line: string, extra: Refused = {}): Case {
  return refuses(slug, '9112 §3', title, head(line), { silent: true, lenientStatuses: [505], ...extra })
}

/** Requests that §3 lets a lenient server parse. */
const lenient = { stricter: true }

/** Only the target is wrong. */
const keepable = { keepable: true }

function badVersion(slug: string, version: string): Case {
  const title = `${JSON.stringify(version)} is no version that is served`
  return bad(slug, title, `GET / ${version}`, { section: '9112 §2.3', statuses: wrongVersion })
}

function badMethod(slug: string, method: string, title: string): Case {
  return bad(slug, `${title} in the method is refused`, `${method} / HTTP/1.1`, { section: '9112 §3.1' })
}

function badTarget(slug: string, target: string, title: string, extra: Refused = {}): Case {
  return bad(slug, `${title} is refused`, `GET ${target} HTTP/1.1`, { section: '9112 §3.2', ...extra })
}

function goodTarget(slug: string, section: string, title: string, target: string, extra: Served = {}): Case {
  return serves(slug, section, title, head(`GET ${target} HTTP/1.1`), extra)
}

const forms: readonly Case[] = [
  goodTarget('origin-form', '9112 §3.2.1', 'origin-form is served', '/'),
  goodTarget('origin-form-query', '9112 §3.2.1', 'a query may hold slashes and question marks', '/?a=b/c&d=?&e=%20'),
  goodTarget('absolute-form', '9112 §3.2.2', 'absolute-form is served', 'http://{host}/'),
  goodTarget('absolute-form-query', '9112 §3.2.2', 'absolute-form with a query is served', 'http://{host}/?a=b'),
  goodTarget('absolute-form-scheme-case', '3986 §3.1', 'the case of a scheme does not matter', 'HTTP://{host}/'),
  goodTarget('absolute-form-no-path', '9110 §4.2.3', 'absolute-form without a path means /', 'http://{host}'),
  goodTarget('absolute-form-query-no-path', '3986 §3', 'a query may follow the authority', 'http://{host}?a=b'),
  serves('options-asterisk', '9112 §3.2.4', 'OPTIONS * is understood', head('OPTIONS * HTTP/1.1'), {
    statuses: [200, 204, 404, 405, 501],
  }),
  badTarget('asterisk-get', '*', '* with GET', keepable),
  badTarget('asterisk-path', '*/', '* with more after it', keepable),
  bad('options-asterisk-slash', '** is no target', 'OPTIONS ** HTTP/1.1', { section: '9112 §3.2', ...keepable }),
  allows(
    'connect',
    '9110 §9.3.6',
    'an origin server makes no tunnel',
    head('CONNECT {host} HTTP/1.1') + next,
    [
      { responses: [{ statuses: [400, 403, 404, 405, 501] }], after: 'closed' },
      { responses: [{ statuses: [400, 403, 404, 405, 501] }, { statuses: handled }], after: 'either' },
      closedSilently,
    ],
    lenient,
  ),
  bad('connect-origin-form', 'CONNECT with a path makes no tunnel', 'CONNECT / HTTP/1.1', {
    section: '9112 §3.2.3',
    statuses: [400, 403, 404, 405, 501],
    followed: false,
    ...lenient,
  }),
  badTarget('no-leading-slash', 'index.html', 'a path without its slash', keepable),
  badTarget('authority-form-get', '127.0.0.1:80', 'authority-form with GET', {
    statuses: [400, 404, 421],
    ...keepable,
  }),
  badTarget('absolute-form-empty-host', 'http:///', 'an http URI without a host', {
    section: '9110 §4.2.1',
    ...keepable,
  }),
  badTarget('absolute-form-userinfo', 'http://user@{host}/', 'userinfo', { section: '9110 §4.2.4', ...lenient }),
  badTarget('absolute-form-no-slashes', 'http:{host}', 'an http URI without //', {
    section: '9110 §4.2.1',
    ...keepable,
  }),
  badTarget('absolute-form-one-slash', 'http:/{host}/', 'an http URI with one slash', {
    section: '9110 §4.2.1',
    ...keepable,
  }),
]

const targets: readonly Case[] = [
  badTarget('target-space', '/a b', 'a space in the target', { statuses: [301, 400] }),
  badTarget('target-tab', '/a\tb', 'a tab in the target'),
  badTarget('target-nul', '/a\0b', 'NUL in the target'),
  badTarget('target-control', '/a\x01b', 'a control byte in the target'),
  badTarget('target-delete', '/a\x7fb', 'DEL in the target'),
  badTarget('target-high-byte', '/caf\xe9', 'a byte above 127 in the target', keepable),
  badTarget('target-utf8', '/caf\xc3\xa9', 'raw UTF-8 in the target', keepable),
  badTarget('target-overlong-utf8', '/\xc0\xaf', 'an overlong UTF-8 slash', keepable),
  badTarget('target-fragment', '/#top', 'a fragment', keepable),
  badTarget('target-query-fragment', '/?a#top', 'a fragment after a query', keepable),
  badTarget('target-bare-cr', '/a\rb', 'a bare CR in the target'),
  badTarget('target-backslash', '/a\\b', 'a backslash, which some take for a slash,', keepable),
  goodTarget('target-percent-nul', '3986 §2.1', 'a percent-coded NUL is data', '/%00', { statuses: [...handled, 400] }),
  goodTarget('target-percent-crlf', '3986 §2.1', 'percent-coded CRLF is data', '/?a=%0d%0aX:%20y'),
  goodTarget('target-colon-segment', '3986 §3.3', 'a colon in a segment is no scheme', '/a:b@c', { statuses: handled }),
  serves(
    'target-double-slash',
    '3986 §3.3',
    'what follows // in a path is no host',
    `${head('POST //x/echo-body HTTP/1.1', 'Content-Length: 5')}hello`,
    { statuses: [...handled, 400], checks: [hasNotBody('hello')], after: 'either' },
  ),
]

const methods: readonly Case[] = [
  serves('method-unknown', '9110 §9.1', 'an unknown method is no syntax error', head('FROBNICATE / HTTP/1.1'), {
    statuses: handled,
    after: 'either',
  }),
  serves('method-token', '9110 §5.6.2', 'a method is any token', head("!#$%&'*+-.^_`|~9 / HTTP/1.1"), {
    statuses: handled,
    after: 'either',
  }),
  serves('method-trace', '9110 §9.3.8', 'TRACE is answered or refused, and is no fault', head('TRACE / HTTP/1.1'), {
    statuses: handled,
    after: 'either',
  }),
  badMethod('method-at', 'G@T', '@'),
  badMethod('method-parenthesis', 'GET(', 'a parenthesis'),
  badMethod('method-colon', 'GET:', 'a colon'),
  badMethod('method-quoted', '"GET"', 'a quote'),
  badMethod('method-slash', 'GET/', 'a slash'),
  badMethod('method-nul', 'G\0T', 'NUL'),
  badMethod('method-control', 'G\x0bT', 'a vertical tab'),
  badMethod('method-high-byte', 'G\xc9T', 'a byte above 127'),
]

const shape: readonly Case[] = [
  bad('two-spaces-after-method', 'two spaces after the method are refused', 'GET  / HTTP/1.1', lenient),
  bad('two-spaces-after-target', 'two spaces before the version are refused', 'GET /  HTTP/1.1', lenient),
  bad('tab-after-method', 'a tab is no space', 'GET\t/ HTTP/1.1', lenient),
  bad('tab-after-target', 'a tab is no space', 'GET /\tHTTP/1.1', lenient),
  bad('vertical-tab-after-method', 'a vertical tab is no space', 'GET\x0b/ HTTP/1.1', lenient),
  bad('form-feed-after-target', 'a form feed is no space', 'GET /\x0cHTTP/1.1', lenient),
  bad('leading-space', 'a space before the method is refused', ' GET / HTTP/1.1', lenient),
  bad('trailing-space', 'a space after the version is refused', 'GET / HTTP/1.1 ', lenient),
  bad('trailing-tab', 'a tab after the version is refused', 'GET / HTTP/1.1\t', lenient),
  bad('trailing-word', 'a fourth word is refused', 'GET / HTTP/1.1 x'),
  bad('no-target', 'a line without a target is refused', 'GET HTTP/1.1'),
  bad('empty-target', 'an empty target is refused', 'GET  HTTP/1.1'),
  bad('no-version', 'a line without a version is refused', 'GET /', { statuses: wrongVersion }),
  bad('no-version-space', 'an empty version is refused', 'GET / ', { statuses: wrongVersion }),
  bad('method-alone', 'a method alone is refused', 'GET'),
  bad('request-line-space-only', 'a line of one space is refused', ' '),
  refuses('bare-lf-request-line', '9112 §2.2', 'a request line ended by LF is refused', get().replace('\r\n', '\n'), {
    silent: true,
    ...lenient,
  }),
  refuses('bare-cr-request-line', '9112 §2.2', 'a request line ended by CR is refused', get().replace('\r\n', '\r'), {
    silent: true,
  }),
  refuses('cr-cr-lf-request-line', '9112 §2.2', 'CR CR LF ends no line', get().replace('\r\n', '\r\r\n'), {
    silent: true,
  }),
  serves('leading-crlf', '9112 §2.2', 'an empty line before the request is skipped', `\r\n${get()}`),
  refuses('leading-lf', '9112 §2.2', 'a bare LF before the request is refused', `\n${get()}`, {
    silent: true,
    ...lenient,
  }),
  refuses('leading-cr', '9112 §2.2', 'a bare CR before the request is refused', `\r${get()}`, { silent: true }),
  refuses('leading-nul', '9112 §2.2', 'NUL before the request is refused', `\0${get()}`, { silent: true }),
  refuses('tls-hello', '9112 §2.2', 'a TLS hello is no request', `\x16\x03\x01\0\x05\x01\0\0\x01\0\r\n\r\n`, {
    silent: true,
    followed: false,
  }),
]

const versions: readonly Case[] = [
  allows('version-0.9', '9112 §2.3', 'a request in the manner of HTTP/0.9 is refused', 'GET /\r\n', [
    { responses: [{ statuses: wrongVersion }], after: 'closed' },
    closedSilently,
  ]),
  serves('version-1.0', '9112 §2.3', 'HTTP/1.0 is served', `GET / HTTP/1.0\r\n${fromHost}\r\n`, { after: 'closed' }),
  serves('version-1.2', '9110 §2.5', 'a higher minor version is served as 1.1 or gets 505', head('GET / HTTP/1.2'), {
    statuses: [200, 505],
    after: 'either',
  }),
  badVersion('version-2.0', 'HTTP/2.0'),
  badVersion('version-3.0', 'HTTP/3.0'),
  badVersion('version-0.9-named', 'HTTP/0.9'),
  badVersion('version-9.9', 'HTTP/9.9'),
  badVersion('version-lower-case', 'http/1.1'),
  badVersion('version-mixed-case', 'Http/1.1'),
  badVersion('version-no-minor', 'HTTP/1.'),
  badVersion('version-no-dot', 'HTTP/1'),
  badVersion('version-two-digits', 'HTTP/1.10'),
  badVersion('version-leading-zero', 'HTTP/01.1'),
  badVersion('version-major-11', 'HTTP/11.1'),
  badVersion('version-letter', 'HTTP/1.1x'),
  badVersion('version-not-digits', 'HTTP/a.b'),
  badVersion('version-comma', 'HTTP/1,1'),
  badVersion('version-space', 'HTTP/ 1.1'),
  badVersion('version-other-name', 'HTTPS/1.1'),
  badVersion('version-other-protocol', 'RTSP/1.0'),
  badVersion('version-no-slash', 'HTTP1.1'),
  badVersion('version-sign', 'HTTP/+1.1'),
]

export const requestLine: readonly Case[] = [...forms, ...targets, ...methods, ...shape, ...versions]
