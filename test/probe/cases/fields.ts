/** RFC 9112 §5 and 9110 §5: field lines. */
import { type Case, fromHost, get, next, type Refused, refuses, serves } from './case.ts'

/** Field lines as they are, between a good request line with Host and a good end. */
function bad(slug: string, section: string, title: string, lines: string, extra: Refused = {}): Case {
  return refuses(slug, section, title, `GET / HTTP/1.1\r\n${fromHost}${lines}\r\n\r\n`, { silent: true, ...extra })
}

function badName(slug: string, name: string, title: string): Case {
  return bad(slug, '9110 §5.1', `${title} in a field name is refused`, `${name}: 1`)
}

/** 9110 §5.5 lets a server put a space in its place. */
function badValue(slug: string, value: string, title: string): Case {
  return bad(slug, '9110 §5.5', `${title} in a field value is refused`, `A: ${value}`, { stricter: true })
}

const must400 = { silent: false }
const lenient = { stricter: true }

const colons: readonly Case[] = [
  bad('space-before-colon', '9112 §5.1', 'a space before the colon is refused', 'A : 1', must400),
  bad('tab-before-colon', '9112 §5.1', 'a tab before the colon is refused', 'A\t: 1', must400),
  bad('space-before-colon-empty', '9112 §5.1', 'the same with an empty value', 'A :', must400),
  refuses(
    'space-before-colon-host',
    '9112 §5.1',
    'a space before the colon of Host is refused',
    'GET / HTTP/1.1\r\nHost : {host}\r\n\r\n',
  ),
  bad('no-colon', '9112 §5', 'a line without a colon is refused', 'Garbage'),
  bad('no-colon-words', '9112 §5', 'words without a colon are refused', 'GET /hidden HTTP/1.1'),
  bad('empty-name', '9112 §5', 'an empty name is refused', ': 1'),
  bad('colon-alone', '9112 §5', 'a colon alone is refused', ':'),
  bad('equals-for-colon', '9112 §5', '= is no colon', 'A = 1'),
]

const names: readonly Case[] = [
  badName('name-space', 'A B', 'a space'),
  badName('name-tab', 'A\tB', 'a tab'),
  badName('name-nul', 'A\0B', 'NUL'),
  badName('name-control', 'A\x01B', 'a control byte'),
  badName('name-delete', 'A\x7fB', 'DEL'),
  badName('name-parenthesis', 'A(B', 'a parenthesis'),
  badName('name-at', 'A@B', '@'),
  badName('name-comma', 'A,B', 'a comma'),
  badName('name-semicolon', 'A;B', 'a semicolon'),
  badName('name-slash', 'A/B', 'a slash'),
  badName('name-bracket', '[A]', 'a bracket'),
  badName('name-brace', '{A}', 'a brace'),
  badName('name-quoted', '"A"', 'a quote'),
  badName('name-backslash', 'A\\B', 'a backslash'),
  badName('name-high-byte', 'A\xe9', 'a byte above 127'),
  badName('name-nbsp', '\xa0A', 'a no-break space'),
  badName('name-bare-cr', 'A\rB', 'a bare CR'),
  serves('name-token', '9110 §5.6.2', 'every token character may be in a name', get("!#$%&'*+-.^_`|~9aZ: 1")),
]

const values: readonly Case[] = [
  badValue('value-nul', 'a\0b', 'NUL'),
  badValue('value-bare-cr', 'a\rb', 'a bare CR'),
  badValue('value-bare-cr-field', 'a\rContent-Length: 5', 'a bare CR before what looks like a field'),
  badValue('value-bare-cr-end', 'a\r', 'a bare CR at the end'),
  badValue('value-control', 'a\x01b', 'a control byte'),
  badValue('value-escape', 'a\x1bb', 'ESC'),
  badValue('value-delete', 'a\x7fb', 'DEL'),
  badValue('value-vertical-tab', 'a\x0bb', 'a vertical tab'),
  badValue('value-control-first', '\x0c', 'a form feed alone'),
  serves('value-empty', '9110 §5.5', 'a value may be empty', get('A:')),
  serves('value-blank', '9110 §5.5', 'a value may be spaces and tabs', get('A: \t ')),
  serves('value-tab', '9110 §5.5', 'a tab inside a value is served', get('A: b\tc')),
  serves('value-obs-text', '9110 §5.5', 'bytes above 127 are served', get('A: \x80\xa0\xe9\xff')),
  serves('value-utf8', '9110 §5.5', 'UTF-8 is served', get('A: caf\xc3\xa9')),
  serves('value-no-space', '9112 §5', 'no space is needed after the colon', get('A:b')),
  serves('value-colons', '9112 §5', 'a value may hold colons', get('A: b:c: d:')),
  serves('value-delimiters', '9110 §5.5', 'a value may hold every visible character', get('A: "(),/:;<=>?@[\\]{}!#~')),
  serves('field-repeated', '9110 §5.3', 'an ordinary field may be repeated', get('A: 1', 'B: 2', 'A: 3')),
]

const lines: readonly Case[] = [
  bad('obs-fold', '9112 §5.2', 'a folded line is refused', 'A: 1\r\n 2', { ...must400, ...lenient }),
  bad('obs-fold-tab', '9112 §5.2', 'a line folded by a tab is refused', 'A: 1\r\n\t2', { ...must400, ...lenient }),
  bad('obs-fold-blank', '9112 §5.2', 'a folded line of spaces is refused', 'A: 1\r\n  ', { ...must400, ...lenient }),
  bad('obs-fold-name', '9112 §5.2', 'a line folded before its colon is refused', 'A\r\n : 1'),
  bad('obs-fold-field', '9112 §5.2', 'a fold that hides a length is refused', 'A: 1\r\n Content-Length: 9', {
    ...must400,
    ...lenient,
  }),
  ...[' ', '\t'].map((space) =>
    refuses(
      space === ' ' ? 'space-before-first-field' : 'tab-before-first-field',
      '9112 §2.2',
      'whitespace before the first field line is refused',
      `GET / HTTP/1.1\r\n${space}A: 1\r\n${fromHost}\r\n`,
      { silent: true, ...lenient },
    ),
  ),
  refuses(
    'space-before-host',
    '9112 §2.2',
    'a first field line that begins with a space is not Host',
    `GET / HTTP/1.1\r\n Host: {host}\r\n\r\n`,
    { silent: true },
  ),
  refuses(
    'blank-first-line',
    '9112 §2.2',
    'a line of one space is not the end of the head',
    `GET / HTTP/1.1\r\n \r\n${fromHost}\r\n`,
    { silent: true, ...lenient },
  ),
  bad('bare-lf-field', '9112 §2.2', 'a field line ended by LF is refused', 'A: 1\nB: 2', lenient),
  bad('bare-lf-length', '9112 §2.2', 'LF that reveals a length is refused', 'A: 1\nContent-Length: 9', lenient),
  bad('bare-lf-after-empty', '9112 §2.2', 'LF after an empty value is refused', 'A:\nB: 2', lenient),
  bad('lf-cr', '9112 §2.2', 'LF CR ends no line', 'A: 1\n\rB: 2'),
  bad('cr-cr-lf', '9112 §2.2', 'CR CR LF ends no line', 'A: 1\r\r\nB: 2', lenient),
  bad('cr-at-line-start', '9112 §2.2', 'a line that begins with CR is refused', '\rA: 1'),
  bad('cr-before-next-request', '9112 §2.2', 'CR and a letter do not end the head', '\rZ: 1'),
  refuses('bare-lf-end', '9112 §2.2', 'a head ended by a bare LF is refused', `GET / HTTP/1.1\r\n${fromHost}\n`, {
    silent: true,
    ...lenient,
  }),
  refuses('bare-lf-all', '9112 §2.2', 'a request with LF alone is refused', get('A: 1').replaceAll('\r\n', '\n'), {
    silent: true,
    ...lenient,
  }),
  refuses(
    'bare-cr-all',
    '9112 §2.2',
    'a request with CR alone is refused',
    get('A: 1').replaceAll('\r\n', '\r') + next,
    { silent: true, followed: false },
  ),
]

export const fields: readonly Case[] = [...colons, ...names, ...values, ...lines]
