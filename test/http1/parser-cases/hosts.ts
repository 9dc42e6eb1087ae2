/** The Host field, RFC 9112 §3.2 and RFC 9110 §7.2. */
import { head, type ParserCase, refused, taken } from './parser-case.ts'

const line = 'GET / HTTP/1.1'

function named(value: string, url: string): ParserCase {
  return taken('3.2', `Host ${value}`, head(line, `Host: ${value}`), { url })
}

const good: readonly ParserCase[] = [
  named('a.example', 'http://a.example/'),
  named('A.EXAMPLE', 'http://a.example/'),
  named('a.example.', 'http://a.example./'),
  named('a.example:8080', 'http://a.example:8080/'),
  named('a.example:80', 'http://a.example/'),
  named('a.example:', 'http://a.example/'),
  named('a.example:0', 'http://a.example:0/'),
  named('a.example:65535', 'http://a.example:65535/'),
  named('a.example:00080', 'http://a.example/'),
  named('localhost', 'http://localhost/'),
  named('127.0.0.1:3000', 'http://127.0.0.1:3000/'),
  named('[::1]', 'http://[::1]/'),
  named('[::1]:3000', 'http://[::1]:3000/'),
  named('[2001:DB8::1]', 'http://[2001:db8::1]/'),
  named('[::ffff:1.2.3.4]', 'http://[::ffff:102:304]/'),
  named('xn--bcher-kva.example', 'http://xn--bcher-kva.example/'),
  named('under_score', 'http://under_score/'),
  named('%61.example', 'http://a.example/'),
  taken('5.1', 'HOST in capitals', head(line, 'HOST: a.example'), { url: 'http://a.example/' }),
  taken('5.1', 'Host without a blank', head(line, 'Host:a.example'), { url: 'http://a.example/' }),
  taken('5.1', 'Host between blanks', head(line, 'Host: \t a.example \t '), { url: 'http://a.example/' }),
  taken('3.2', 'Host as the last field', head(line, 'A: b', 'Host: a.example'), { url: 'http://a.example/' }),
]

function bad(value: string): ParserCase {
  return refused('3.2', 400, `Host ${JSON.stringify(value)}`, head(line, `Host: ${value}`))
}

const values = [
  '',
  ' ',
  'a b',
  'a.example, b.example',
  'a.example,a.example',
  'a.example/',
  'a.example/x',
  'a.example?x',
  'a.example#x',
  'u@a.example',
  'u:p@a.example',
  'http://a.example',
  'a.example:x',
  'a.example:65536',
  'a.example:99999',
  'a.example:100000',
  'a.example:-1',
  'a.example:+80',
  'a.example: 80',
  'a.example:80:80',
  ':80',
  ':',
  '[::1',
  '::1',
  '[::1]x',
  '[]',
  '[:::]',
  '[a.example]',
  '[::1%25eth0]',
  '[v1.x]',
  '1.2.3.256',
  '%zz',
  '%',
  '%00',
  '%2f',
  'a%40b',
  'a\\b',
  'a<b',
  'a"b',
  'a|b',
  'caf\xe9.example',
  'a\xa0.example',
]

export const hosts: readonly ParserCase[] = [
  ...good,
  ...values.map(bad),
  refused('3.2', 400, 'no Host', head(line)),
  refused('3.2', 400, 'no Host but other fields', head(line, 'Accept: */*')),
  refused('3.2', 400, 'a field that only starts like Host', head(line, 'Hosts: a.example')),
  refused('3.2', 400, 'two Hosts', head(line, 'Host: a.example', 'Host: b.example')),
  refused('3.2', 400, 'the same Host twice', head(line, 'Host: a.example', 'Host: a.example')),
  refused('3.2', 400, 'Host twice in two spellings', head(line, 'Host: a.example', 'hOST: a.example')),
  refused('3.2', 400, 'Host and an empty one', head(line, 'Host: a.example', 'Host:')),
  refused('3.2', 400, 'two Hosts apart', head(line, 'Host: a.example', 'A: b', 'Host: b.example')),
  refused('3.2', 400, 'two Hosts in HTTP/1.0', head('GET / HTTP/1.0', 'Host: a.example', 'Host: a.example')),
  refused('3.2', 400, 'an empty Host in HTTP/1.0', head('GET / HTTP/1.0', 'Host:')),
  refused('3.2', 400, 'an empty Host with an absolute-form', head('GET http://a.example/ HTTP/1.1', 'Host:')),
]
