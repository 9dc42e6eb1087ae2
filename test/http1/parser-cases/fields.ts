/** Header fields, RFC 9112 §5 and RFC 9110 §5. */
import { get, head, type ParserCase, refused, taken, unfinished } from './parser-case.ts'

const line = 'GET / HTTP/1.1'

function field(rfc: string, name: string, text: string, wanted: string): ParserCase {
  return taken(rfc, name, get(text), { fields: ['host: a.example', wanted] })
}

const good: readonly ParserCase[] = [
  field('5', 'a field', 'A: b', 'a: b'),
  field('5', 'a field without a blank', 'A:b', 'a: b'),
  field('5', 'blanks around a value', 'A: \t b \t ', 'a: b'),
  field('5', 'blanks inside a value', 'A: b  c\td', 'a: b  c\td'),
  field('5', 'an empty value', 'A:', 'a: '),
  field('5', 'a value of blanks', 'A: \t ', 'a: '),
  field('5', 'colons in a value', 'A: :b:c:', 'a: :b:c:'),
  field('5', 'a quoted string', 'A: "b, c\\" \xe9"', 'a: "b, c\\" \xe9"'),
  field('9110 §5.5', 'obs-text in a value', 'A: caf\xe9 \x80\xff', 'a: caf\xe9 \x80\xff'),
  field('9110 §5.5', 'UTF-8 in a value', 'A: \xc3\xa9', 'a: \xc3\xa9'),
  field('9110 §5.6.3', 'a no-break space, which is no blank', 'A: \xa0b\xa0', 'a: \xa0b\xa0'),
  field('9110 §5.5', 'every visible byte', `A: ${visible()}`, `a: ${visible()}`),
  field('9110 §5.6.2', 'every byte of a token', "!#$%&'*+-.^_`|~09azAZ: b", "!#$%&'*+-.^_`|~09azaz: b"),
  field('5.1', 'a name of one digit', '1: b', '1: b'),
  field('5', 'a name that is common but for one byte', 'Content-Lengt: 5', 'content-lengt: 5'),
  field('5', 'a name with an underscore for a hyphen', 'Content_Length: 5', 'content_length: 5'),
  field('5', 'a name like Transfer-Encoding', 'Transfer_Encoding: chunked', 'transfer_encoding: chunked'),
  field('9110 §5.1', 'a name with @ and ` swapped by case folding', 'Conten`-length: 5', 'conten`-length: 5'),
  taken('9110 §5.3', 'a field three times, in order', get('A: 1', 'B: 2', 'a: 3'), {
    fields: ['host: a.example', 'a: 1', 'b: 2', 'a: 3'],
  }),
  taken('9110 §5.3', 'Cookie twice', get('Cookie: a=1', 'Cookie: b=2'), {
    fields: ['host: a.example', 'cookie: a=1', 'cookie: b=2'],
  }),
  taken('9110 §5.1', 'unknown fields', get('X-Unknown: 1', 'Sec-Whatever: 2'), {
    fields: ['host: a.example', 'x-unknown: 1', 'sec-whatever: 2'],
  }),
  taken('9110 §5', 'what a browser sends', get(...browser()), {
    fields: ['host: a.example', ...browser().map((text) => text.replace(/^[^:]+/, (name) => name.toLowerCase()))],
  }),
  taken('5', 'the name __proto__', get('__proto__: x', 'constructor: y'), {
    fields: ['host: a.example', '__proto__: x', 'constructor: y'],
  }),
]

function visible(): string {
  return Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index)).join('')
}

function browser(): string[] {
  return [
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
    'sec-ch-ua-mobile: ?0',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    'Sec-Fetch-Site: none',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
  ]
}

function bad(rfc: string, name: string, ...lines: string[]): ParserCase {
  return refused(rfc, 400, name, get(...lines))
}

const badNames: readonly ParserCase[] = [
  bad('5.1', 'a blank before the colon', 'A : b'),
  bad('5.1', 'a tab before the colon', 'A\t: b'),
  bad('5.1', 'a blank before the colon of Content-Length', 'Content-Length : 5'),
  bad('5.1', 'a blank before the colon of Transfer-Encoding', 'Transfer-Encoding : chunked'),
  bad('5.1', 'a no-break space before the colon', 'A\xa0: b'),
  bad('5.1', 'a blank in a name', 'A B: c'),
  bad('5', 'no name', ': b'),
  bad('5', 'no colon', 'A'),
  bad('5', 'no colon but a value', 'A b'),
  bad('5', 'a name with an at sign', 'A@: b'),
  bad('5', 'a name in brackets', '[A]: b'),
  bad('5', 'a name in quotes', '"A": b'),
  bad('5', 'a name with a slash', 'A/B: c'),
  bad('5', 'a name with a comma', 'A,B: c'),
  bad('5', 'a name with a NUL', 'A\0: b'),
  bad('5', 'a name with a control byte', 'A\x01: b'),
  bad('5', 'a name with a DEL', 'A\x7f: b'),
  bad('5', 'a name beyond ASCII', '\xc4: b'),
  bad('5', 'a name with a bare CR', 'A\rB: c'),
  bad('5', 'a name with a bare LF', 'A\nB: c'),
  refused('2.2', 400, 'a blank before the first field', `${line}\r\n Host: a.example\r\n\r\n`),
  refused('2.2', 400, 'a tab before the first field', `${line}\r\n\tHost: a.example\r\n\r\n`),
  refused('2.2', 400, 'a line of blanks before the first field', `${line}\r\n \r\nHost: a.example\r\n\r\n`),
]

const badValues: readonly ParserCase[] = [
  bad('9110 §5.5', 'a NUL in a value', 'A: b\0c'),
  bad('9110 §5.5', 'a NUL at the start of a value', 'A: \0'),
  bad('9110 §5.5', 'a control byte in a value', 'A: \x01'),
  bad('9110 §5.5', 'a vertical tab in a value', 'A: b\x0bc'),
  bad('9110 §5.5', 'a form feed in a value', 'A: b\x0cc'),
  bad('9110 §5.5', 'an escape in a value', 'A: \x1b[1m'),
  bad('9110 §5.5', 'a backspace in a value', 'A: b\x08'),
  bad('9110 §5.5', 'a DEL in a value', 'A: b\x7f'),
  bad('2.2', 'a bare CR in a value', 'A: b\rc'),
  bad('2.2', 'a bare CR before a value', 'A:\rb'),
  bad('2.2', 'a bare LF in a value', 'A: b\nC: d'),
  bad('2.2', 'a bare LF before a value', 'A:\nTransfer-Encoding: chunked'),
  bad('2.2', 'two CRs before an LF', 'A: b\r'),
  bad('5.2', 'a folded line', 'A: b', ' c'),
  bad('5.2', 'a line folded with a tab', 'A: b', '\tc'),
  bad('5.2', 'a folded Transfer-Encoding', 'Transfer-Encoding:', ' chunked'),
  bad('5.2', 'a folded Content-Length', 'Content-Length:', '\t5'),
  bad('5.2', 'a folded line of blanks', 'A: b', ' '),
  refused('5.2', 400, 'a folded Host', head(line, 'Host: a', ' .example')),
  refused('2.2', 400, 'a bare LF for the last empty line', `${line}\r\nHost: a.example\r\n\n`),
  refused('2.2', 400, 'a bare CR for the last empty line', `${line}\r\nHost: a.example\r\n\rGET / HTTP/1.1\r\n\r\n`),
  refused('2.2', 400, 'LF CR for line ends', `${line}\n\rHost: a.example\n\r\n\r`),
]

const unfinishedHeads: readonly ParserCase[] = [
  unfinished('8', 'half a name', `${line}\r\nHo`),
  unfinished('8', 'a name and its colon', `${line}\r\nHost:`),
  unfinished('8', 'a name and blanks', `${line}\r\nHost: \t`),
  unfinished('8', 'half a value', `${line}\r\nHost: a.ex`),
  unfinished('8', 'a value and its CR', `${line}\r\nHost: a.example\r`),
  unfinished('8', 'a field', `${line}\r\nHost: a.example\r\n`),
  unfinished('8', 'all but the last LF', `${line}\r\nHost: a.example\r\n\r`),
  unfinished('8', 'two Hosts, but not yet a head', `${line}\r\nHost: a.example\r\nHost: a.example\r\n`),
]

export const fieldCases: readonly ParserCase[] = [...good, ...badNames, ...badValues, ...unfinishedHeads]
