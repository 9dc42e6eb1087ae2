/**
 * The head of a response as text, RFC 9112 §4 and §6.3. Only this file writes the fields of framing and of the connection:
 * those of a handler are dropped.
 */
import { type FieldList, framingNames } from './light-headers.ts'

/** reason phrases, RFC 9110 §15. */
const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  511: 'Network Authentication Required',
}

const statusLines: readonly string[] = Array.from(
  { length: 600 },
  (_, status) => `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`,
)

/** The framing of a response's body: by its length in bytes, in chunks, by the end of the connection, or there is none. */
export type Framed = number | 'chunked' | 'close' | 'none'

/** The connection's part of a head. */
export interface HeadFrame {
  framed: Framed
  /** The value of `Connection`; '' for none. */
  connection: string
  /** The line of `Date` (RFC 9110 §6.6.1) and the end of the head, for a response without its own. */
  date: string
}

/** Writes a head. Names and values must be valid ones: `Headers` rejects others. */
export function responseHead(
  status: number,
  statusText: string,
  { names, values, isFraming }: FieldList,
  { framed, connection, date }: HeadFrame,
): string {
  let text = statusText === '' ? (statusLines[status] as string) : `HTTP/1.1 ${status} ${statusText}\r\n`
  let hasDate = false
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string
    if (isFraming && framingNames.has(name)) {
      // A 426 must have it (RFC 9110 §15.5.22); it applies to this connection alone.
      if (name === 'upgrade' && status === 426) text += 'connection: upgrade\r\n'
      else if (name !== 'date') continue
      else hasDate = true
    }
    text += `${name}: ${values[index]}\r\n`
  }
  if (typeof framed === 'number') text += `content-length: ${framed}\r\n`
  else if (framed === 'chunked') text += 'transfer-encoding: chunked\r\n'
  if (connection !== '') text += `connection: ${connection}\r\n`
  return hasDate ? `${text}\r\n` : text + date
}

/** True if responses of this status have no body and no length, RFC 9112 §6.3. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304
}
