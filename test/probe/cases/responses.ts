/** The required and the forbidden parts of a response. */
import { allowsWhen405, hasDate, hasLengthOfFirst, lacks } from '../checks.ts'
import { allows, type Case, type Expected, echo, fromHost, get, head, refuses, serves } from './case.ts'

const statuses = [200, 204, 301, 302, 307, 308, 401, 403, 404, 405, 501]
const headLine = 'HEAD / HTTP/1.1'

function error(slug: string, title: string, send: string): Case {
  const dated: Expected = { statuses: [400], checks: [hasDate] }
  return allows(slug, '9110 §6.6.1', title, send, [{ responses: [dated], after: 'closed' }])
}

function method(name: string): Case {
  const title = `${name} is handled or refused in good form`
  const fields = name === 'OPTIONS' ? [] : ['Content-Length: 2']
  const bytes = head(`${name} / HTTP/1.1`, ...fields) + (fields.length > 0 ? 'hi' : '')
  return serves(`answer-${name.toLowerCase()}`, '9110 §9', title, bytes, { statuses, checks: [allowsWhen405] })
}

export const responses: readonly Case[] = [
  serves('date', '9110 §6.6.1', 'a 200 has a Date', get(), { checks: [hasDate] }),
  serves('date-head', '9110 §6.6.1', 'so has the response to HEAD', head(headLine), { checks: [hasDate], heads: [0] }),
  error('date-400', 'so has a 400 for a missing Host', 'GET / HTTP/1.1\r\n\r\n'),
  error('date-400-field', 'so has a 400 for a bad field', get('A : b')),
  serves('answer-framing', '9112 §6.2', 'a response has its length', get('Connection: keep-alive')),
  serves('answer-1.0-framing', '9112 §6.1', 'HTTP/1.0 is not sent chunks', `GET / HTTP/1.0\r\n${fromHost}\r\n`, {
    checks: [lacks('transfer-encoding')],
    after: 'closed',
  }),
  serves(
    'answer-1.0-echo',
    '9112 §6.1',
    'nor for a body',
    `${head('POST /echo-body HTTP/1.0', 'Content-Length: 5')}hello`,
    {
      checks: [lacks('transfer-encoding')],
      after: 'closed',
    },
  ),
  serves('te-trailers', '9110 §10.1.4', 'TE: trailers is understood', get('TE: trailers', 'Connection: TE')),
  serves(
    'te-gzip',
    '9110 §10.1.4',
    'TE does not make an unknown coding',
    get('TE: gzip;q=1.0, chunked', 'Connection: TE'),
  ),
  serves('head', '9110 §9.3.2', 'the response to HEAD has no body', head(headLine), { heads: [0] }),
  serves('head-1.0', '9110 §9.3.2', 'nor has it in HTTP/1.0', head('HEAD / HTTP/1.0'), { heads: [0], after: 'closed' }),
  serves('head-close', '9110 §9.3.2', 'nor before a close', head(headLine, 'Connection: close'), {
    heads: [0],
    after: 'closed',
  }),
  serves('head-other-path', '9110 §9.3.2', 'nor for any other path', head('HEAD /no/such/path HTTP/1.1'), {
    statuses,
    heads: [0],
  }),
  serves('head-body', '9110 §9.3.2', 'nor when the request has one', `${head(headLine, 'Content-Length: 2')}hi`, {
    statuses: [...statuses, 400],
    heads: [0],
    after: 'either',
  }),
  allows(
    'head-length',
    '9110 §9.3.2',
    'the length for HEAD is the one for GET',
    get() + head(headLine),
    [{ responses: [{ statuses: [200] }, { statuses: [200], checks: [hasLengthOfFirst] }], after: 'open' }],
    { heads: [1] },
  ),
  ...['OPTIONS', 'PUT', 'PATCH', 'DELETE'].map(method),
  serves('range-garbage', '9110 §14.2', 'a range that makes no sense is ignored', get('Range: bytes=z-a,-'), {
    statuses: [200, 400, 416],
    after: 'either',
  }),
  serves(
    'accept-garbage',
    '9110 §12.5',
    'preferences that make no sense do no harm',
    get('Accept: ;;;,/', 'Accept-Encoding: ;q=x'),
    {
      statuses: [200, 400, 406],
      after: 'either',
    },
  ),
  serves(
    'media-type-garbage',
    '9110 §8.3',
    'a media type that makes no sense is no 500',
    `${echo('Content-Type: ///', 'Content-Length: 2')}hi`,
    {
      statuses: [200, 400, 415],
      after: 'either',
    },
  ),
  refuses('error-one-answer', '9112 §9.6', 'ten errors in one write get one response', get('A : b').repeat(10)),
]
