/** Defects of requests, and the status that each must get. */
import type { HttpErrorStatus } from '../../src/http1/http-error.ts'
import { type MadeBody, type MadeField, type MadeRequest, serialize, serializeLine } from './made-requests.ts'

export interface Defect {
  name: string
  status: HttpErrorStatus
  /** `choice` is any number that selects a position. */
  apply(request: MadeRequest, choice: number): string
}

function line(name: string, status: HttpErrorStatus, change: (request: MadeRequest) => string): Defect {
  return {
    name,
    status,
    apply: (request) => change(request) + serialize(request).slice(serializeLine(request).length),
  }
}

/** Changes the fields at a chosen position. */
function fields(name: string, status: HttpErrorStatus, added: (at: MadeField) => string): Defect {
  return {
    name,
    status,
    apply(request, choice) {
      const text = serialize(request)
      const at = choice % request.fields.length
      const start =
        serialize({ ...request, fields: request.fields.slice(0, at), body: { kind: 'none', text: '' } }).length - 2
      const field = request.fields[at] as MadeField
      return text.slice(0, start) + added(field) + text.slice(start)
    },
  }
}

function withField(name: string, status: HttpErrorStatus, field: string): Defect {
  return fields(name, status, () => `${field}\r\n`)
}

/** Sends another body, chunked whatever it was. */
function chunked(name: string, status: HttpErrorStatus, text: (good: string) => string): Defect {
  return {
    name,
    status,
    apply(request) {
      const others = request.fields.filter(({ name }) => !/^(?:content-length|transfer-encoding)$/i.test(name))
      const coding = { name: 'Transfer-Encoding', before: ' ', value: 'chunked', after: '' }
      const body: MadeBody = { kind: 'none', text: '' }
      const head = serialize({ ...request, minorVersion: 1, fields: [...others, coding], body })
      return head + text('5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n')
    },
  }
}

const lines: readonly Defect[] = [
  line('a second blank after the method', 400, ({ method, target }) => `${method}  ${target} HTTP/1.1`),
  line('a blank at the end of the request line', 400, (request) => `${serializeLine(request)} `),
  line('a blank before the request line', 400, (request) => ` ${serializeLine(request)}`),
  line('a byte beyond ASCII in the method', 400, (request) => `\xe9${serializeLine(request)}`),
  line('a control byte in the target', 400, ({ method, target }) => `${method} ${target}\x01 HTTP/1.1`),
  line('a fragment in the target', 400, ({ method, target }) => `${method} ${target}#a HTTP/1.1`),
  line('a byte beyond ASCII in the target', 400, ({ method, target }) => `${method} ${target}\xff HTTP/1.1`),
  line('a relative target', 400, ({ method, target }) => `${method} x${target} HTTP/1.1`),
  line('no version', 400, ({ method, target }) => `${method} ${target}`),
  line('a version in small letters', 400, ({ method, target }) => `${method} ${target} http/1.1`),
  line('HTTP/2.0', 505, ({ method, target }) => `${method} ${target} HTTP/2.0`),
  line('a bare LF after the request line', 400, (request) => `${serializeLine(request)}\nX: y`),
  line('TRACE', 501, ({ target }) => `TRACE ${target} HTTP/1.1`),
  line('a target beyond the limit', 414, ({ method }) => `${method} /${'x'.repeat(8192)} HTTP/1.1`),
]

const heads: readonly Defect[] = [
  withField('a second Host', 400, 'Host: a.example'),
  withField('a blank before a colon', 400, 'X : y'),
  withField('a field without a colon', 400, 'X'),
  withField('a field without a name', 400, ': y'),
  withField('a NUL in a value', 400, 'X: \0'),
  withField('a DEL in a value', 400, 'X: \x7f'),
  withField('a bare CR in a value', 400, 'X: a\rb'),
  withField('a bare LF in a value', 400, 'X: a\nb'),
  withField('a byte beyond ASCII in a name', 400, 'X\xe9: y'),
  withField('a folded line', 400, 'X: a\r\n b'),
  withField('two CRs at the end of a line', 400, 'X: a\r'),
  withField('Content-Length that is no number', 400, 'Content-Length: x'),
  withField('both lengths', 400, 'Content-Length: 1\r\nTransfer-Encoding: chunked'),
  withField('Content-Length twice', 400, 'Content-Length: 1\r\nContent-Length: 1'),
  withField('Transfer-Encoding twice', 400, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'),
  withField('a coding that is not known', 400, 'Transfer-Encoding: x'),
  withField('Connection that is no list', 400, 'Connection: a b'),
  withField('an expectation that is not known', 417, 'Expect: x'),
  withField('a header beyond the limit', 431, `X: ${'y'.repeat(16 * 1024)}`),
  fields('a hundred more fields', 431, ({ name }) => `X-${name}:\r\n`.repeat(100)),
]

const bodies: readonly Defect[] = [
  chunked('a chunk that is longer than its size', 400, (good) => good.replace('hello', 'hello!')),
  chunked('a chunk that is shorter than its size', 400, (good) => good.replace('hello', 'hell')),
  chunked('a size that is no number', 400, (good) => `x${good}`),
  chunked('a blank before a size', 400, (good) => ` ${good}`),
  chunked('a sign before a size', 400, (good) => `+${good}`),
  chunked('a size of fourteen digits', 400, (good) => `0000000000000${good}`),
  chunked('a chunk beyond the limit', 413, (good) => `FFFFFFFFF\r\n${good}`),
  chunked('an extension without a name', 400, (good) => good.replace(';a', ';')),
  chunked('an extension beyond the limit', 400, (good) => good.replace('=b', `=${'b'.repeat(4096)}`)),
  chunked('a bare LF after a chunk', 400, (good) => good.replace('hello\r', 'hello')),
  chunked('a trailer field without a colon', 400, (good) => good.replace('A: b', 'A b')),
  chunked('a trailer beyond the limit', 431, (good) => good.replace('A: b', `A: ${'b'.repeat(4096)}`)),
  chunked('an end that is not empty', 400, (good) => good.replace('A: b\r\n\r\n', 'A: b\r\n\r\r\n')),
]

export const defects: readonly Defect[] = [...lines, ...heads, ...bodies]

export function withDefect(defect: Defect, request: MadeRequest, choice: number): string {
  return defect.apply(request, choice)
}
