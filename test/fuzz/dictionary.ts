/** Text that mutations insert: words of the protocol, whole lines, and bytes at the borders of character classes. */
export const lines: readonly string[] = [
  'Host: a',
  'Host: b:80',
  'Host:',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 12',
  'Content-Length: 999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Connection: close',
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'A: b',
  '0',
  '5',
  '5;a=b',
  'hello',
  '',
  'GET / HTTP/1.1',
  'POST /x?y HTTP/1.1',
  'GET http://a/ HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'CONNECT a:1 HTTP/1.1',
  'GET / HTTP/1.0',
]

export const words: readonly string[] = [
  ['\r\n', '\r\n\r\n', '\n', '\r', '\0', '\t', ' ', '  ', '\x0b', '\x7f', '\x80', '\xff', '\xa0', ':', ': ', ';', '='],
  [',', '"', '\\', '"\\""', ';a="b"', ';a', '0\r\n\r\n', '1\r\nx\r\n', 'A:b\r\n', ' \r\n', '\r\n ', '%', '%2e', '..'],
  ["'", '//', '?', '#', '*', '@', '[::1]', '[', ']', 'http://', 'https://', 'HTTP/1.1', 'HTTP/2.0', 'HTTP/', 'chunked'],
  ['gzip', 'close', '0000000000000', 'fffffffffffff', '-1', '+', '0x', 'FF', '10', 'connect', 'TRACE', 'Host'],
  ['Content-Length', 'upgrade'],
].flat()

const bodies = ['', 'hello', '5\r\nhello\r\n0\r\n\r\n', '1;a="b"\r\nx\r\n0\r\nA: b\r\n\r\n']
const starts = lines.filter((line) => line.includes(' HTTP/'))
const fields = lines.filter((line) => line.includes(':') && !line.includes(' HTTP/'))

export interface Chooser {
  pick<T>(choices: readonly T[]): T
  below(end: number): number
}

/** A request that may be valid. */
export function assemble(random: Chooser): string {
  const chosen = Array.from({ length: random.below(5) }, () => random.pick(fields))
  return [random.pick(starts), 'Host: a', ...chosen, '', random.pick(bodies)].join('\r\n')
}
