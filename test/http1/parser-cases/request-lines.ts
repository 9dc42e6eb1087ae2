/** The request line, RFC 9112 §3, and the empty lines allowed before it. */
import { get, head, type ParserCase, refused, taken, unfinished } from './parser-case.ts'

const host = 'Host: a.example'

function line(text: string): string {
  return head(text, host)
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const otherMethods = ['PROPFIND', 'M-SEARCH', 'GETX', 'GE', 'patchy', 'X', "!#$%&'*+-.^_`|~0aZ", 'PRI', 'QUERY']

const served: readonly ParserCase[] = [
  ...[...methods, ...otherMethods].map((method) =>
    taken('3.1', `the method ${method}`, line(`${method} / HTTP/1.1`), {
      method,
      path: '/',
      framing: { contentLength: 0 },
    }),
  ),
  taken('3', 'a simple GET', get(), {
    method: 'GET',
    minorVersion: 1,
    path: '/',
    url: 'http://a.example/',
    fields: ['host: a.example'],
    body: '',
  }),
  taken('2.3', 'HTTP/1.0 with a Host', line('GET / HTTP/1.0'), { minorVersion: 0, url: 'http://a.example/' }),
  taken('3.2', 'HTTP/1.0 without a Host', head('GET /x HTTP/1.0'), {
    minorVersion: 0,
    url: 'http://default.example/x',
  }),
  taken('2.3', 'a later minor version as 1.1', line('GET / HTTP/1.2'), { minorVersion: 1 }),
  taken('2.3', 'the last minor version as 1.1', line('GET / HTTP/1.9'), { minorVersion: 1 }),
  taken('2.2', 'one empty line before a request', `\r\n${get()}`, { method: 'GET' }),
  taken('2.2', 'two empty lines before a request', `\r\n\r\n${get()}`, { method: 'GET' }),
  taken('2.2', 'an empty line between two requests', `${get()}\r\n${get()}`, { method: 'GET' }, { method: 'GET' }),
  taken('2.2', 'two empty lines before each of two', `\r\n\r\n${get()}\r\n\r\n${get()}`, {}, {}),
]

const unfinishedLines: readonly ParserCase[] = [
  unfinished('8', 'nothing', ''),
  unfinished('2.2', 'an empty line alone', '\r\n'),
  unfinished('2.2', 'half an empty line', '\r'),
  unfinished('8', 'half a method', 'GE'),
  unfinished('8', 'a method and its blank', 'GET '),
  unfinished('8', 'a target', 'GET /abc'),
  unfinished('8', 'half a version', 'GET / HTTP/'),
  unfinished('8', 'a line without its LF', 'GET / HTTP/1.1\r'),
  unfinished('8', 'a line alone', 'GET / HTTP/1.1\r\n'),
  unfinished('8', 'a line after a request', `${get()}GET / HTTP/1.1\r\n`, { method: 'GET' }),
]

function bad(name: string, text: string): ParserCase {
  return refused('3', 400, name, line(text))
}

const badLines: readonly ParserCase[] = [
  refused('2.2', 400, 'three empty lines before a request', `\r\n\r\n\r\n${get()}`),
  refused('2.2', 400, 'a bare LF before a request', `\n${get()}`),
  refused('2.2', 400, 'a bare CR before a request', `\r${get()}`),
  refused('2.2', 400, 'a CR twice before a request', `\r\r\n${get()}`),
  refused('2.2', 400, 'an empty line of LF after one of CRLF', `\r\n\n${get()}`),
  refused('2.2', 400, 'a blank before a request', ` ${get()}`),
  refused('2.2', 400, 'a tab before a request', `\t${get()}`),
  refused('2.2', 400, 'an empty line with a blank in it', ` \r\n${get()}`),
  refused('2.2', 400, 'a byte order mark', `\xef\xbb\xbf${get()}`),
  bad('two blanks after the method', 'GET  / HTTP/1.1'),
  bad('two blanks after the target', 'GET /  HTTP/1.1'),
  bad('a blank after the version', 'GET / HTTP/1.1 '),
  bad('a tab after the version', 'GET / HTTP/1.1\t'),
  bad('a tab after the method', 'GET\t/ HTTP/1.1'),
  bad('a tab after the target', 'GET /\tHTTP/1.1'),
  bad('a vertical tab after the method', 'GET\x0b/ HTTP/1.1'),
  bad('a form feed after the target', 'GET /\x0cHTTP/1.1'),
  bad('a no-break space after the method', 'GET\xa0/ HTTP/1.1'),
  bad('no version (HTTP/0.9)', 'GET /'),
  bad('no version but its blank', 'GET / '),
  bad('a method alone', 'GET'),
  bad('no method', ' / HTTP/1.1'),
  bad('no target', 'GET HTTP/1.1'),
  bad('no target but its blanks', 'GET  HTTP/1.1'),
  bad('a fourth part', 'GET / HTTP/1.1 x'),
  bad('a fourth part that is a version', 'GET / HTTP/1.1 HTTP/1.1'),
  bad('a method with a slash', 'GE/T / HTTP/1.1'),
  bad('a method with a colon', 'GET: / HTTP/1.1'),
  bad('a method in brackets', '[GET] / HTTP/1.1'),
  bad('a method in quotes', '"GET" / HTTP/1.1'),
  bad('a method beyond ASCII', 'G\xc9T / HTTP/1.1'),
  bad('a method with a NUL', 'GE\0T / HTTP/1.1'),
  bad('a method with a DEL', 'GET\x7f / HTTP/1.1'),
  bad('a field for a request line', 'Host: a.example'),
  refused('3', 400, 'the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  refused('3', 400, 'zeros', '\0\0\0\0'),
  refused('3', 400, 'text', 'hello, is it me you are looking for?\r\n\r\n'),
  refused('2.2', 400, 'a bare LF after the line', `GET / HTTP/1.1\n${host}\r\n\r\n`),
  refused('2.2', 400, 'bare LFs everywhere', `GET / HTTP/1.1\n${host}\n\n`),
  refused('2.2', 400, 'a bare CR after the line', `GET / HTTP/1.1\r${host}\r\n\r\n`),
  refused('2.2', 400, 'bare CRs everywhere', `GET / HTTP/1.1\r${host}\r\r`),
  refused('2.2', 400, 'a CR too many after the line', `GET / HTTP/1.1\r\r\n${host}\r\n\r\n`),
  refused('2.2', 400, 'a CR in the target', line('GET /a\rb HTTP/1.1')),
  refused('2.2', 400, 'an LF in the target', line('GET /a\nb HTTP/1.1')),
]

function badVersion(version: string): ParserCase {
  return refused('2.3', 400, `${JSON.stringify(version)} for a version`, line(`GET / ${version}`))
}

const versions: readonly ParserCase[] = [
  ...['http/1.1', 'Http/1.1', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/11', 'HTTP/1.10', 'HTTP/01.1', 'HTTP/1.01'].map(
    badVersion,
  ),
  ...['HTTP/1,1', 'HTTP/1.x', 'HTTP/x.1', 'HTTP 1.1', 'HTTP/ 1.1', 'HTTP/1 .1', 'HTTP\\1.1', 'HTTP1.1'].map(badVersion),
  ...[
    'HTTPS/1.1',
    'ICE/1.0',
    'IHTTP/1.1',
    'RTSP/1.0',
    'HTTP/-1.1',
    'HTTP/1.1a',
    'HTTP/1.1\0',
    'HTTP/\xb9.1',
    '1.1',
  ].map(badVersion),
  ...['HTTP/2.0', 'HTTP/0.9', 'HTTP/3.0', 'HTTP/1.1'.replace('1', '9')].map((version) =>
    refused('9110 §15.6.6', 505, version, line(`GET / ${version}`)),
  ),
  refused('9110 §15.6.6', 505, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
]

const unserved: readonly ParserCase[] = [
  'TRACE',
  'trace',
  'TRACK',
  'get',
  'Get',
  'pOST',
  'options',
  'connect',
  'Connect',
].map((method) => refused('9110 §9.1', 501, `the method ${method}`, line(`${method} / HTTP/1.1`)))

export const requestLines: readonly ParserCase[] = [
  ...served,
  ...unfinishedLines,
  ...badLines,
  ...versions,
  ...unserved,
]
