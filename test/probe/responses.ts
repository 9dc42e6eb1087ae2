/**
 * Parses a server's bytes into responses. Strict: whatever is not an HTTP/1.1 response to the last byte is
 * a problem, for a client in front of this server could be led astray by it.
 */

export interface ParsedResponse {
  status: number
  version: string
  /** Names in lower case, in order, repeats kept. */
  fields: readonly (readonly [name: string, value: string])[]
  /** One character a byte. */
  body: string
  /** The 1xx responses that came before it. */
  interim: readonly number[]
}

export interface Reading {
  responses: readonly ParsedResponse[]
  /** 1xx responses whose final response has not come yet. */
  interim: readonly number[]
  problem: string | null
}

type Head = Pick<ParsedResponse, 'status' | 'version' | 'fields'>
type Body = { body: string; end: number } | 'incomplete'

class Malformed extends Error {}

const statusLine = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const fieldLine = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/

/** Reads all the bytes of a connection, given the indexes of the responses to HEAD and whether the server has ended. */
export function readResponses(bytes: string, heads: readonly number[], ended: boolean): Reading {
  const responses: ParsedResponse[] = []
  let interim: number[] = []
  try {
    for (let at = 0; at < bytes.length; ) {
      const headEnd = bytes.indexOf('\r\n\r\n', at)
      if (headEnd === -1) return { responses, interim, problem: partialHead(bytes.slice(at), ended) }
      const head = readHead(bytes.slice(at, headEnd))
      at = headEnd + 4
      if (head.status < 200 && head.status !== 101) {
        interim.push(head.status)
        continue
      }
      const body = readBody(head, bytes, at, heads.includes(responses.length))
      if (body === 'incomplete') return { responses, interim, problem: ended ? 'a truncated response' : null }
      responses.push({ ...head, body: body.body, interim })
      at = body.end
      interim = []
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { responses, interim, problem: error.message }
  }
  return { responses, interim, problem: null }
}

function partialHead(text: string, ended: boolean): string | null {
  if (!'HTTP/1.'.startsWith(text.slice(0, 7))) return `bytes that are no response: ${JSON.stringify(text.slice(0, 30))}`
  return ended ? 'a truncated response' : null
}

function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const [, version, status] = statusLine.exec(first) ?? []
  if (version === undefined) throw new Malformed(`bytes that are no response: ${JSON.stringify(first.slice(0, 30))}`)
  return { version, status: Number(status), fields: lines.map(readField) }
}

function readField(line: string): readonly [string, string] {
  const [, name, value] = fieldLine.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Malformed(`a bad field line: ${JSON.stringify(line)}`)
  return [name.toLowerCase(), value]
}

export function valuesOf({ fields }: Pick<ParsedResponse, 'fields'>, name: string): string[] {
  return fields.filter(([key]) => key === name).map(([, value]) => value)
}

/** RFC 9112 §6.3, from the client's side. */
function readBody(head: Head, bytes: string, at: number, toHead: boolean): Body {
  const lengths = valuesOf(head, 'content-length')
  const codings = valuesOf(head, 'transfer-encoding')
  if (lengths.length > 1) throw new Malformed('a response with two Content-Lengths')
  if (lengths.length > 0 && codings.length > 0) throw new Malformed('a response with both lengths')
  if (head.status === 101) return { body: bytes.slice(at), end: bytes.length }
  if (toHead || head.status === 204 || head.status === 304) return { body: '', end: at }
  if (codings.length > 0) return readChunks(codings, bytes, at)
  if (lengths[0] === undefined) return { body: bytes.slice(at), end: bytes.length }
  if (!/^\d+$/.test(lengths[0])) throw new Malformed('a response with a bad Content-Length')
  const end = at + Number(lengths[0])
  return end > bytes.length ? 'incomplete' : { body: bytes.slice(at, end), end }
}

function readChunks(codings: readonly string[], bytes: string, start: number): Body {
  if (codings.join(', ').toLowerCase() !== 'chunked') throw new Malformed(`a response coded as ${codings.join(', ')}`)
  const parts: string[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return 'incomplete'
    const size = /^[\da-f]{1,8}(?=$|[ \t]*;)/i.exec(bytes.slice(at, lineEnd))?.[0]
    if (size === undefined) throw new Malformed('a response with a bad chunk')
    at = lineEnd + 2
    if (Number.parseInt(size, 16) === 0) return endOfChunks(parts.join(''), bytes, lineEnd)
    const end = at + Number.parseInt(size, 16)
    if (end + 2 > bytes.length) return 'incomplete'
    if (bytes.slice(end, end + 2) !== '\r\n') throw new Malformed('a response with a bad chunk')
    parts.push(bytes.slice(at, end))
    at = end + 2
  }
}

/** Without trailers the empty line's CRLF follows the last chunk's own at once; with them, theirs. */
function endOfChunks(body: string, bytes: string, lastLineEnd: number): Body {
  const end = bytes.indexOf('\r\n\r\n', lastLineEnd)
  return end === -1 ? 'incomplete' : { body, end: end + 4 }
}
