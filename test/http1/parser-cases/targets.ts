/** The request target, RFC 9112 §3.2 and §3.3, and its agreement with Host. */
import { head, type ParserCase, refused, taken } from './parser-case.ts'

function to(target: string, method = 'GET', host = 'a.example'): string {
  return head(`${method} ${target} HTTP/1.1`, `Host: ${host}`)
}

function origin(path: string, url = `http://a.example${path}`): ParserCase {
  return taken('3.2.1', `the target ${path}`, to(path), { path, url })
}

const originForm: readonly ParserCase[] = [
  ...[
    '/a/b?c=d&e',
    '/?',
    '/??',
    '/?/',
    '/?a?b',
    '/;p=1',
    '/a:b@c',
    "/!$&'()*+,;=:@",
    '/~a_b-c',
    '/[x]|',
    '/?q=1://x',
  ].map((path) => origin(path)),
  origin('//x/y'),
  origin('//'),
  origin('///a'),
  origin('//evil.example@a.example/'),
  origin('/http://other.example/'),
  origin('/a/../b', 'http://a.example/b'),
  origin('/../../b', 'http://a.example/b'),
  origin('/a/./b', 'http://a.example/a/b'),
  origin('/a/%2e%2e/b', 'http://a.example/b'),
  origin('/a/%2E./b', 'http://a.example/b'),
  origin('/a%2fb'),
  origin('/a/..%2fb'),
  origin('/a%5cb'),
  origin('/%00'),
  origin('/%0d%0aSet-Cookie:x'),
  origin('/%zz%'),
  origin('/?a=%'),
  origin("/?a='b'", 'http://a.example/?a=%27b%27'),
  origin('/?..'),
  origin('/?a=\\b^`{}|[]'),
  origin('/a.b...c'),
  origin('/:80'),
  origin('/*'),
]

function unsafe(name: string, target: string): ParserCase {
  return refused('3.2', 400, `${name} in the target`, to(target))
}

const badBytes: readonly ParserCase[] = [
  unsafe('a fragment', '/#a'),
  unsafe('a fragment after the query', '/?a#b'),
  unsafe('a backslash', '/a\\b'),
  unsafe('a backslash at the start', '\\a'),
  unsafe('a quote', '/"a"'),
  unsafe('a less-than sign', '/<a'),
  unsafe('a greater-than sign', '/a>'),
  unsafe('a caret', '/^'),
  unsafe('a backquote', '/`'),
  unsafe('braces', '/{a}'),
  unsafe('a quote in the query', '/?"'),
  unsafe('a less-than sign in the query', '/?<'),
  unsafe('a NUL', '/\0'),
  unsafe('a DEL', '/\x7f'),
  unsafe('a control byte', '/\x01'),
  unsafe('a control byte in the query', '/?\x1f'),
  unsafe('UTF-8', '/caf\xc3\xa9'),
  unsafe('latin1 in the query', '/?caf\xe9'),
]

function absolute(target: string, host: string, path: string, url: string, method = 'GET'): ParserCase {
  return taken('3.2.2', `${method} ${target} with Host ${host}`, to(target, method, host), { method, path, url })
}

const absoluteForm: readonly ParserCase[] = [
  absolute('http://a.example/', 'a.example', '/', 'http://a.example/'),
  absolute('http://a.example', 'a.example', '/', 'http://a.example/'),
  absolute('http://a.example/b?c', 'a.example', '/b?c', 'http://a.example/b?c'),
  absolute('http://a.example?c', 'a.example', '/?c', 'http://a.example/?c'),
  absolute('http://a.example?c/d', 'a.example', '/?c/d', 'http://a.example/?c/d'),
  absolute('HTTP://A.Example/', 'a.example', '/', 'http://a.example/'),
  absolute('http://a.example:80/', 'a.example', '/', 'http://a.example/'),
  absolute('http://a.example/', 'a.example:80', '/', 'http://a.example/'),
  absolute('http://a.example:8080/', 'a.example:8080', '/', 'http://a.example:8080/'),
  absolute('http://a.example//x/y', 'a.example', '//x/y', 'http://a.example//x/y'),
  absolute('http://a.example/..', 'a.example', '/..', 'http://a.example/'),
  absolute('http://[::1]:3000/', '[::1]:3000', '/', 'http://[::1]:3000/'),
  absolute('http://a.example', 'a.example', '/', 'http://a.example/', 'OPTIONS'),
  absolute('http://a.example/x', 'a.example', '/x', 'http://a.example/x', 'POST'),
  taken('3.2.2', 'an absolute-form of HTTP/1.0 without a Host', head('GET http://b.example/x HTTP/1.0'), {
    url: 'http://b.example/x',
  }),
  refused('3.2.2', 400, 'an absolute-form without a Host', head('GET http://a.example/ HTTP/1.1')),
  refused('3.2.2', 400, 'an absolute-form of another host', to('http://b.example/')),
  refused('3.2.2', 400, 'an absolute-form of another port', to('http://a.example:81/')),
  refused(
    '3.2.2',
    400,
    'an absolute-form of HTTP/1.0 and another host',
    head('GET http://b.example/ HTTP/1.0', 'Host: a.example'),
  ),
  refused('9110 §4.2.4', 400, 'an absolute-form with userinfo', to('http://a.example@b.example/')),
  refused('9110 §4.2.4', 400, 'an absolute-form with userinfo and the right host', to('http://u:p@a.example/')),
  refused('3.2.2', 400, 'an absolute-form without a host', to('http:///x')),
  refused('3.2.2', 400, 'an absolute-form with a port alone', to('http://:80/')),
  refused('3.2.2', 400, 'an absolute-form with one slash', to('http:/a.example/')),
  refused('3.2.2', 400, 'an absolute-form with no slash', to('http:a.example')),
  refused('3.2.2', 400, 'an absolute-form with a port out of range', to('http://a.example:65536/')),
  refused('3.2.2', 400, 'an absolute-form of another scheme', to('ftp://a.example/')),
  refused('3.2.2', 400, 'a file', to('file:///etc/passwd')),
  refused('3.2.2', 400, 'a WebSocket address', to('ws://a.example/')),
  refused('9110 §7.4', 421, 'https over a plain connection', to('https://a.example/')),
  refused('9110 §7.4', 421, 'HTTPS in capitals over a plain connection', to('HTTPS://a.example/')),
]

const otherForms: readonly ParserCase[] = [
  taken('3.2.4', 'OPTIONS *', to('*', 'OPTIONS'), { method: 'OPTIONS', url: null }),
  refused('3.2.4', 400, 'GET *', to('*')),
  refused('3.2.4', 400, 'POST *', to('*', 'POST')),
  refused('3.2.4', 400, 'OPTIONS **', to('**', 'OPTIONS')),
  refused('3.2.4', 400, 'OPTIONS *?a', to('*?a', 'OPTIONS')),
  refused('3.2.4', 400, 'OPTIONS * without a Host', head('OPTIONS * HTTP/1.1')),
  refused('3.2', 400, 'a relative target', to('a/b')),
  refused('3.2', 400, 'a query alone', to('?a')),
  refused('3.2', 400, 'a dot', to('.')),
  refused('3.2.3', 400, 'an authority without CONNECT', to('a.example:80')),
  refused('3.2.3', 400, 'a host without CONNECT', to('a.example')),
  refused('3.2.3', 501, 'CONNECT', to('a.example:443', 'CONNECT', 'a.example:443')),
  refused('3.2.3', 501, 'CONNECT to IPv6', to('[::1]:443', 'CONNECT', '[::1]:443')),
  refused('3.2.3', 400, 'CONNECT without a port', to('a.example', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT to a host with a percent sign alone', to('a%:80', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT with an empty port', to('a.example:', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT to a path', to('/', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT to an absolute-form', to('http://a.example:80/', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT *', to('*', 'CONNECT')),
  refused('3.2.3', 400, 'CONNECT with userinfo', to('u@a.example:80', 'CONNECT')),
  refused('3.2', 400, 'CONNECT without a Host', head('CONNECT a.example:443 HTTP/1.1')),
]

export const targets: readonly ParserCase[] = [...originForm, ...badBytes, ...absoluteForm, ...otherForms]
