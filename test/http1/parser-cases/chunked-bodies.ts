/** Chunked bodies, RFC 9112 §7.1. */
import { chunked, get, type ParserCase, refused, taken, unfinished } from './parser-case.ts'

const last = '0\r\n\r\n'

function body(rfc: string, name: string, bytes: string, wanted: string): ParserCase {
  return taken(rfc, name, chunked(bytes), { body: wanted, framing: { contentLength: -1 } })
}

const good: readonly ParserCase[] = [
  body('7.1', 'one chunk', `5\r\nhello\r\n${last}`, 'hello'),
  body('7.1', 'two chunks', `5\r\nhello\r\n6\r\n world\r\n${last}`, 'hello world'),
  body('7.1', 'many small chunks', `${'1\r\nx\r\n'.repeat(40)}${last}`, 'x'.repeat(40)),
  body('7.1', 'no chunk but the last', last, ''),
  body('7.1', 'a size in small letters', `a\r\n0123456789\r\n${last}`, '0123456789'),
  body('7.1', 'a size in capitals', `A\r\n0123456789\r\n${last}`, '0123456789'),
  body('7.1', 'a size of two digits', `1E\r\n${'y'.repeat(30)}\r\n${last}`, 'y'.repeat(30)),
  body('7.1', 'leading zeros', `0005\r\nhello\r\n${last}`, 'hello'),
  body('7.1', 'thirteen digits', `0000000000005\r\nhello\r\n${last}`, 'hello'),
  body('7.1', 'a last chunk of many zeros', '1\r\nx\r\n000\r\n\r\n', 'x'),
  body('7.1', 'line ends in the data', `4\r\n\r\n\r\n\r\n${last}`, '\r\n\r\n'),
  body('7.1', 'a chunk that looks like the last', `5\r\n${last}\r\n${last}`, last),
  taken('7.1', 'the next request right after', chunked(last) + get(), { body: '' }, { method: 'GET' }),
  taken(
    '7.1',
    'chunked twice',
    chunked(`1\r\nx\r\n${last}`) + chunked(`1\r\ny\r\n${last}`),
    { body: 'x' },
    { body: 'y' },
  ),
]

function extension(name: string, text: string): ParserCase {
  return body('7.1.1', name, `5${text}\r\nhello\r\n${last}`, 'hello')
}

const extensions: readonly ParserCase[] = [
  extension('an extension', ';a'),
  extension('an extension with a value', ';a=b'),
  extension('two extensions', ';a=b;c'),
  extension('an extension with a quoted value', ';a="b"'),
  extension('an extension with an empty quoted value', ';a=""'),
  extension('an extension with a quoted CRLF in letters', ';a="\\r\\n"'),
  extension('quoted pairs', ';a="\\"\\\\"'),
  extension('a quoted semicolon', ';a="b;c"'),
  extension('obs-text in a quoted value', ';a="\xe9\t\x80"'),
  extension('blanks before the semicolon', ' \t;a'),
  extension('blanks after the semicolon', '; \ta'),
  extension('blanks around the equals sign', ';a \t= \tb'),
  extension('blanks everywhere', ' ; a = "b" ; c ; d = e'),
  extension('every byte of a token', ";!#$%&'*+-.^_`|~09az"),
  body('7.1.1', 'an extension of the last chunk', '5\r\nhello\r\n0;a=b\r\n\r\n', 'hello'),
]

function trailer(name: string, text: string): ParserCase {
  return taken('7.1.2', name, chunked(`1\r\nx\r\n0\r\n${text}\r\n`), {
    body: 'x',
    fields: ['host: a.example', 'transfer-encoding: chunked'],
  })
}

const trailers: readonly ParserCase[] = [
  trailer('a trailer field', 'A: b\r\n'),
  trailer('two trailer fields', 'A: b\r\nC: d\r\n'),
  trailer('a trailer field without a value', 'A:\r\n'),
  trailer('a trailer field of obs-text', 'A: \xe9\r\n'),
  trailer('Content-Length in the trailer, thrown away', 'Content-Length: 5\r\n'),
  trailer('Transfer-Encoding in the trailer, thrown away', 'Transfer-Encoding: gzip\r\n'),
  trailer('Host in the trailer, thrown away', 'Host: b.example\r\n'),
]

const unfinishedBodies: readonly ParserCase[] = [
  unfinished('8', 'no chunk', chunked(''), { body: '' }),
  unfinished('8', 'half a size', chunked('5'), { body: '' }),
  unfinished('8', 'a size and its CR', chunked('5\r'), { body: '' }),
  unfinished('8', 'a size', chunked('5\r\n'), { body: '' }),
  unfinished('8', 'half an extension', chunked('5;a="b'), { body: '' }),
  unfinished('8', 'half the data', chunked('5\r\nhe'), { body: 'he' }),
  unfinished('8', 'the data', chunked('5\r\nhello'), { body: 'hello' }),
  unfinished('8', 'the data and their CR', chunked('5\r\nhello\r'), { body: 'hello' }),
  unfinished('8', 'no last chunk', chunked('5\r\nhello\r\n'), { body: 'hello' }),
  unfinished('8', 'no end of the trailer', chunked('5\r\nhello\r\n0\r\n'), { body: 'hello' }),
  unfinished('8', 'half a trailer field', chunked('0\r\nA: b'), { body: '' }),
  unfinished('8', 'a trailer field without the end', chunked('0\r\nA: b\r\n'), { body: '' }),
  unfinished('8', 'all but the last LF', chunked('0\r\n\r'), { body: '' }),
]

function bad(name: string, bytes: string): ParserCase {
  return refused('7.1', 400, name, chunked(bytes))
}

function badSize(size: string): ParserCase {
  return bad(`the size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n${last}`)
}

const badSizes: readonly ParserCase[] = [
  ...[
    '',
    ' 5',
    '\t5',
    '5 ',
    '5\t',
    '0x5',
    '5_0',
    '+5',
    '-5',
    '5h',
    'g',
    '"5"',
    '5,',
    '5.0',
    '5\0',
    '\xb2',
    '5\xa0',
  ].map(badSize),
  ...['00000000000005', '10000000000005', 'fffffffffffffffff', '100000000000000005', '5 5', '\r\n5', '5\x0b'].map(
    badSize,
  ),
  refused('7.1', 413, 'a size beyond any limit', chunked('fffffffffffff\r\n')),
]

const badLines: readonly ParserCase[] = [
  bad('a bare LF after the size', `5\nhello\r\n${last}`),
  bad('a bare CR after the size', `5\rhello\r\n${last}`),
  bad('a CR too many after the size', `5\r\r\nhello\r\n${last}`),
  bad('a bare LF after the data', `5\r\nhello\n${last}`),
  bad('a bare CR after the data', `5\r\nhello\r${last}`),
  bad('nothing after the data', `5\r\nhello${last}`),
  bad('a blank after the data', `5\r\nhello \r\n${last}`),
  bad('two bytes in place of CRLF after the data', `5\r\nhelloXX${last}`),
  bad('a size too small', `4\r\nhello\r\n${last}`),
  bad('a size too large', `6\r\nhello\r\n${last}`),
  bad('an empty line between chunks', `5\r\nhello\r\n\r\n${last}`),
  bad('a bare LF after the last chunk', '5\r\nhello\r\n0\n\r\n'),
  bad('a bare LF for the last line', '5\r\nhello\r\n0\r\n\n'),
  bad('a bare CR for the last line', '5\r\nhello\r\n0\r\n\rX'),
  bad('bare LFs everywhere', '5\nhello\n0\n\n'),
  bad('the next request in place of the trailer', `0\r\n${get()}`),
]

function badExtension(name: string, text: string): ParserCase {
  return refused('7.1.1', 400, name, chunked(`5${text}\r\nhello\r\n${last}`))
}

const badExtensions: readonly ParserCase[] = [
  badExtension('a semicolon alone', ';'),
  badExtension('a semicolon and blanks', '; '),
  badExtension('two semicolons', ';;a'),
  badExtension('a semicolon at the end', ';a;'),
  badExtension('an extension without a semicolon', ' a'),
  badExtension('an extension without a name', ';=b'),
  badExtension('an extension without a value', ';a='),
  badExtension('two values', ';a=b=c'),
  badExtension('two equals signs', ';a==b'),
  badExtension('a blank at the end of an extension', ';a '),
  badExtension('a blank at the end of a value', ';a=b '),
  badExtension('two words for a name', ';a b'),
  badExtension('two words for a value', ';a=b c'),
  badExtension('a name in quotes', ';"a"'),
  badExtension('bytes after a quoted value', ';a="b"c'),
  badExtension('a quote inside a value', ';a=b"c"'),
  badExtension('a quote that does not end', ';a="b'),
  badExtension('a quote that ends with a pair', ';a="b\\"'),
  badExtension('a comma', ';a,b'),
  badExtension('a NUL', ';a\0'),
  badExtension('a NUL in quotes', ';a="\0"'),
  badExtension('a quoted pair of NUL', ';a="\\\0"'),
  badExtension('a DEL in quotes', ';a="\x7f"'),
  badExtension('a byte beyond ASCII', ';\xe9'),
  badExtension('a bare CR in an extension', ';a\rb'),
  badExtension('a bare LF in an extension', ';a\nb'),
  badExtension('a bare LF in quotes', ';a="\n"'),
  badExtension('a CRLF in quotes', ';a="\r\n"'),
  badExtension('a quoted pair of CR', ';a="\\\r\n"'),
  badExtension('a slash', ';a/b'),
]

function badTrailer(name: string, text: string): ParserCase {
  return refused('7.1.2', 400, name, chunked(`1\r\nx\r\n0\r\n${text}\r\n`))
}

const badTrailers: readonly ParserCase[] = [
  badTrailer('a trailer field without a colon', 'A\r\n'),
  badTrailer('a trailer field without a name', ': b\r\n'),
  badTrailer('a blank before the colon of a trailer field', 'A : b\r\n'),
  badTrailer('a blank before a trailer field', ' A: b\r\n'),
  badTrailer('a folded trailer field', 'A: b\r\n c\r\n'),
  badTrailer('a NUL in a trailer field', 'A: \0\r\n'),
  badTrailer('a control byte in the name of a trailer field', 'A\x01: b\r\n'),
  badTrailer('a bare CR in a trailer field', 'A: b\rc\r\n'),
  badTrailer('a bare LF after a trailer field', 'A: b\n'),
  badTrailer('two CRs after a trailer field', 'A: b\r\r\n'),
  badTrailer('another chunk after the last', '5\r\nhello\r\n'),
]

export const chunkedBodies: readonly ParserCase[] = [
  ...good,
  ...extensions,
  ...trailers,
  ...unfinishedBodies,
  ...badSizes,
  ...badLines,
  ...badExtensions,
  ...badTrailers,
]
