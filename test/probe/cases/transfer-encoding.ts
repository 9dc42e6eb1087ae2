/**
 * RFC 9112 §6.1, §7: `chunked`, once, and nothing else. A value that one reader takes for chunked and another
 * does not is how requests are smuggled, so each disguise has to be refused and the connection closed.
 */
import { hasBody } from '../checks.ts'
import { type Case, echo, fromHost, get, head, hidden, next, type Refused, refuses, serves } from './case.ts'

const chunks = '5\r\nhello\r\n0\r\n\r\n'
const helloBody = { checks: [hasBody('hello')] }
const refusal = { statuses: [400, 501] }
const lenient = { stricter: true }

const good: readonly Case[] = [
  serves('chunked', '9112 §7.1', 'a chunked body is read', echo('Transfer-Encoding: chunked') + chunks, helloBody),
  serves('chunked-capital', '9112 §7', 'codings have no case', echo('Transfer-Encoding: Chunked') + chunks, helloBody),
  serves('chunked-upper', '9112 §7', 'codings have no case', echo('Transfer-Encoding: CHUNKED') + chunks, helloBody),
  serves(
    'chunked-name-case',
    '9110 §5.1',
    'names have no case',
    echo('tRANSFER-eNCODING: chunked') + chunks,
    helloBody,
  ),
  serves(
    'chunked-tab-before',
    '9112 §5',
    'a tab before is trimmed',
    echo('Transfer-Encoding:\tchunked') + chunks,
    helloBody,
  ),
  serves(
    'chunked-space-after',
    '9112 §5',
    'space after is trimmed',
    echo('Transfer-Encoding: chunked \t ') + chunks,
    helloBody,
  ),
  serves('chunked-no-space', '9112 §5', 'no space is needed', echo('Transfer-Encoding:chunked') + chunks, helloBody),
  serves(
    'chunked-get',
    '9112 §6',
    'a chunked body of GET is no request',
    `${get('Transfer-Encoding: chunked')}${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    { statuses: [200, 400, 413], after: 'either' },
  ),
  serves(
    'chunked-other-name',
    '9110 §5.1',
    'Transfer_Encoding is another field',
    `${echo('Transfer_Encoding: chunked', 'Content-Length: 15')}${chunks}`,
    { checks: [hasBody(chunks)] },
  ),
]

/** Slug, value (after the colon), what it is, and what makes it lenient or else. */
type Disguise = readonly [slug: string, value: string, title: string, extra?: Refused]

const disguises: readonly Disguise[] = [
  ['identity', ' identity', 'identity, which is gone,'],
  ['gzip', ' gzip', 'a coding that is not final'],
  ['deflate', ' deflate', 'a coding that is not final'],
  ['gzip-chunked', ' gzip, chunked', 'a coding that is not known'],
  ['chunked-gzip', ' chunked, gzip', 'chunked that is not last'],
  ['chunked-chunked', ' chunked, chunked', 'chunked twice'],
  ['chunked-chunked-tight', ' chunked,chunked', 'chunked twice without a space'],
  ['chunked-identity', ' chunked, identity', 'chunked and then identity'],
  ['identity-chunked', ' identity, chunked', 'identity and then chunked'],
  ['repeated', ' chunked\r\nTransfer-Encoding: chunked', 'chunked in two lines'],
  ['repeated-gzip', ' gzip\r\nTransfer-Encoding: chunked', 'two codings in two lines'],
  ['repeated-gzip-last', ' chunked\r\nTransfer-Encoding: gzip', 'chunked, then another line'],
  ['repeated-identity', ' chunked\r\nTransfer-Encoding: identity', 'chunked, then identity in another line'],
  ['repeated-apart', ' chunked\r\nA: b\r\ntransfer-encoding: x', 'a second line after other fields'],
  ['repeated-empty', ' chunked\r\nTransfer-Encoding:', 'a second, empty line', lenient],
  ['xchunked', ' xchunked', 'xchunked'],
  ['chunkedx', ' chunkedx', 'chunkedx'],
  ['chunk', ' chunk', 'chunk'],
  ['chunked-false', ' chunked-false', 'chunked-false'],
  ['unknown', ' cow', 'an unknown coding'],
  ['two-words', ' chunked chunked', 'two words'],
  ['word-before', ' x chunked', 'a word before chunked'],
  ['tab-word', ' chunked\tx', 'a tab and a word after chunked'],
  ['trailing-comma', ' chunked,', 'a comma after chunked', lenient],
  ['leading-comma', ' ,chunked', 'a comma before chunked', lenient],
  ['semicolon', ' chunked;', 'a semicolon after chunked'],
  ['parameter', ' chunked;q=0.5', 'a parameter of chunked'],
  ['colon', ' :chunked', 'a colon before chunked'],
  ['dot', ' chunked.', 'a dot after chunked'],
  ['quoted', ' "chunked"', 'chunked in quotes'],
  ['single-quoted', " 'chunked'", 'chunked in single quotes'],
  ['bracketed', ' [chunked]', 'chunked in brackets'],
  ['empty', '', 'an empty value'],
  ['blank', '  ', 'a blank value'],
  ['comma-alone', ' ,', 'a comma alone'],
  ['vertical-tab-before', ' \x0bchunked', 'a vertical tab before chunked'],
  ['vertical-tab-after', ' chunked\x0b', 'a vertical tab after chunked'],
  ['form-feed-before', ' \x0cchunked', 'a form feed before chunked'],
  ['form-feed-after', ' chunked\x0c', 'a form feed after chunked'],
  ['nul-before', ' \0chunked', 'NUL before chunked'],
  ['nul-after', ' chunked\0', 'NUL after chunked'],
  ['nul-inside', ' chun\0ked', 'NUL inside chunked'],
  ['control-after', ' chunked\x01', 'a control byte after chunked'],
  ['delete-after', ' chunked\x7f', 'DEL after chunked'],
  ['backspace', ' xchunked\x08', 'a backspace after xchunked'],
  ['nbsp', ' \xa0chunked', 'a no-break space before chunked'],
  ['next-line', ' \x85chunked', 'the byte 85 before chunked'],
  ['byte-order-mark', ' \xef\xbb\xbfchunked', 'a byte order mark before chunked'],
  ['high-byte', ' ch\xf5nked', 'u with its high bit set in chunked'],
  ['kelvin-sign', ' chun\xe2\x84\xaaed', 'the Kelvin sign, k in lower case, in chunked'],
  ['bare-cr-before', ' \rchunked', 'a bare CR before chunked', lenient],
  ['bare-cr-after', ' chunked\r', 'a bare CR after chunked', lenient],
  ['bare-lf-before', ' \nchunked', 'a bare LF before chunked'],
  ['folded', '\r\n chunked', 'chunked on a folded line', lenient],
  ['folded-tab', '\r\n\tchunked', 'chunked on a line folded by a tab', lenient],
  ['folded-after', ' chunked\r\n x', 'a folded line after chunked'],
  ['gzip-folded', ' gzip,\r\n chunked', 'a list over two lines'],
]

/** Field lines in which the name, not the value, is disguised. */
const lines: readonly Disguise[] = [
  ['space-before-colon', 'Transfer-Encoding : chunked', 'a space before the colon'],
  ['tab-before-colon', 'Transfer-Encoding\t: chunked', 'a tab before the colon'],
  ['vertical-tab-before-colon', 'Transfer-Encoding\x0b: chunked', 'a vertical tab before the colon'],
  ['nul-before-colon', 'Transfer-Encoding\0: chunked', 'NUL before the colon'],
  ['cr-before-colon', 'Transfer-Encoding\r: chunked', 'a bare CR before the colon'],
  ['space-for-hyphen', 'Transfer Encoding: chunked', 'a space for the hyphen'],
  ['space-before-name', 'A: b\r\n Transfer-Encoding: chunked', 'a space before the name', lenient],
  ['vertical-tab-before-name', '\x0bTransfer-Encoding: chunked', 'a vertical tab before the name'],
  ['high-byte-before-name', '\xa0Transfer-Encoding: chunked', 'a no-break space before the name'],
  ['after-bare-lf', 'A: b\nTransfer-Encoding: chunked', 'a bare LF before the name', lenient],
  ['after-bare-cr', 'A: b\rTransfer-Encoding: chunked', 'a bare CR before the name', lenient],
  ['equals', 'Transfer-Encoding=chunked', '= for the colon'],
  ['folded-name', 'Transfer-\r\n Encoding: chunked', 'a name over two lines'],
]

const disguised: readonly Case[] = [
  ...disguises.map(([slug, value, title, extra]) =>
    refuses(`te-${slug}`, '9112 §6.1', `${title} is refused`, echo(`Transfer-Encoding:${value}`) + chunks, {
      ...refusal,
      ...extra,
    }),
  ),
  ...lines.map(([slug, line, title, extra]) =>
    refuses(`te-${slug}`, '9112 §5', `${title} of Transfer-Encoding is refused`, echo(line) + chunks, {
      ...refusal,
      silent: true,
      ...extra,
    }),
  ),
]

/** With a length beside it, a server that misreads the coding finds a request where others see a body. */
const besideLength: readonly Case[] = [
  'xchunked',
  'identity',
  'trailing-comma',
  'vertical-tab-before',
  'nul-after',
  'quoted',
  'folded',
  'chunked-identity',
].map((slug) => {
  const value = disguises.find(([name]) => name === slug)?.[1] ?? ''
  const bytes = echo(`Content-Length: ${5 + hidden.length}`, `Transfer-Encoding:${value}`)
  const title = 'a request hidden by a disguise and a length is not executed'
  return refuses(`te-length-${slug}`, '9112 §6.3', title, `${bytes}0\r\n\r\n${hidden}`, { ...refusal, ...lenient })
})

const old: readonly Case[] = [
  refuses(
    'te-1.0',
    '9112 §6.1',
    'HTTP/1.0 knows no Transfer-Encoding',
    head('POST /echo-body HTTP/1.0', 'Transfer-Encoding: chunked') + chunks,
    { ...refusal, ...lenient },
  ),
  refuses(
    'te-1.0-keep-alive',
    '9112 §6.1',
    'HTTP/1.0 with Transfer-Encoding does not keep the connection',
    `${head('POST /echo-body HTTP/1.0', 'Connection: keep-alive', 'Transfer-Encoding: chunked')}${chunks}${next}`,
    { statuses: [200, 400, 501], followed: false },
  ),
  refuses(
    'te-1.0-both',
    '9112 §6.1',
    'HTTP/1.0 with both lengths is refused',
    `POST /echo-body HTTP/1.0\r\n${fromHost}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    { ...refusal, ...lenient },
  ),
]

export const transferEncoding: readonly Case[] = [...good, ...disguised, ...besideLength, ...old]
