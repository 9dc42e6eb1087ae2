/** The meaning of a head and all of its faults. The reference does not choose which fault is reported. */
import type { HttpErrorStatus } from '../../src/http1/http-error.ts'
import { token } from './reference-grammar.ts'

export interface ReferenceHead {
  method: string
  minorVersion: number
  /** Null for `OPTIONS *`. */
  url: string | null
  fields: [name: string, value: string][]
  isChunked: boolean
  contentLength: number
  isClosing: boolean
  isKeepingAlive: boolean
  expectsContinue: boolean
  upgrade: string
}

export interface ReferenceRules {
  scheme: string
  authority: string
  bodyBytesMax: number
}

type Fields = ReferenceHead['fields']

/** uri-host [ ":" port ], RFC 9110 §7.2 and RFC 3986 §3.2: reg-name covers IPv4. No comma: that is a list of two; no port has six digits. */
const hostPattern = /^(?:\[[0-9a-f:.]+\]|(?:[a-z0-9\-._~!$&'()*+;=]|%[0-9a-f]{2})+)(?::[0-9]{0,5})?$/i
const absolutePattern = /^(https?):\/\/([^/?]*)([/?].*)?$/i
const tokenPattern = new RegExp(`^${token.all}$`)

/** @returns the head, or the statuses of all its faults */
export function readHead(
  line: { method: string; target: string; minorVersion: number },
  fields: Fields,
  rules: ReferenceRules,
): ReferenceHead | HttpErrorStatus[] {
  const faults: HttpErrorStatus[] = []
  const body = readBody(line.minorVersion, fields, rules, faults)
  const url = readUrl(line, values(fields, 'host'), rules, faults)
  const options = list(fields, 'connection')
  if (!options.every((option) => tokenPattern.test(option))) faults.push(400)
  const expectations = values(fields, 'expect')
  const expectsContinue = expectations.length > 0
  if (expectsContinue && !/^100-continue$/i.test(expectations.join(', '))) faults.push(417)
  if (faults.length > 0) return faults
  return {
    method: line.method,
    minorVersion: Math.min(1, line.minorVersion),
    url,
    fields,
    ...body,
    isClosing: options.includes('close'),
    isKeepingAlive: options.includes('keep-alive'),
    expectsContinue,
    upgrade: options.includes('upgrade') ? values(fields, 'upgrade').join(', ') : '',
  }
}

function values(fields: Fields, name: string): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value)
}

/** #element, RFC 9110 §5.6.1: empty ones do not count. */
function list(fields: Fields, name: string): string[] {
  const elements = values(fields, name).flatMap((value) => value.split(','))
  return elements.map((element) => (/^[ \t]*(.*?)[ \t]*$/.exec(element)?.[1] ?? '').toLowerCase()).filter(Boolean)
}

/** RFC 9112 §6.3. */
function readBody(minorVersion: number, fields: Fields, { bodyBytesMax }: ReferenceRules, faults: HttpErrorStatus[]) {
  const lengths = values(fields, 'content-length')
  const codings = values(fields, 'transfer-encoding')
  const isChunked = codings.length > 0
  if (lengths.length > 1 || codings.length > 1 || (isChunked && (minorVersion === 0 || lengths.length > 0)))
    faults.push(400)
  if (isChunked && !/^chunked$/i.test(codings[0] ?? '')) faults.push(statusOfCodings(codings[0] ?? ''))
  if (lengths.length === 0) return { isChunked, contentLength: 0 }
  if (!/^[0-9]{1,15}$/.test(lengths[0] ?? '')) faults.push(400)
  else if (Number(lengths[0]) > bodyBytesMax) faults.push(413)
  return { isChunked, contentLength: Number(lengths[0]) }
}

/** RFC 9112 §6.1: a coding that is not known is 501, but only where the body could end. */
function statusOfCodings(value: string): HttpErrorStatus {
  const isList = new RegExp(`^(?:(?!chunked[ \\t]*,)${token.all}[ \\t]*,[ \\t]*)+chunked$`, 'i').test(value)
  return isList ? 501 : 400
}

/** RFC 9112 §3.2. */
function readUrl(
  { method, target, minorVersion }: { method: string; target: string; minorVersion: number },
  hosts: string[],
  { scheme, authority }: ReferenceRules,
  faults: HttpErrorStatus[],
): string | null {
  if (hosts.length > 1 || (hosts.length === 0 && minorVersion > 0)) faults.push(400)
  const origin = originOf(hosts[0] ?? authority, scheme, faults)
  if (method === 'CONNECT') {
    faults.push(/:[0-9]+$/.test(target) && hostPattern.test(target) && URL.canParse(`http://${target}`) ? 501 : 400)
    return null
  }
  if (target.startsWith('/')) return hrefOf(origin, target)
  if (target === '*' && method === 'OPTIONS') return null
  const [, given = '', host = '', path = ''] = absolutePattern.exec(target) ?? []
  const other = originOf(host, scheme, faults)
  if (given.toLowerCase() !== scheme && given !== '') faults.push(421)
  if (hosts.length > 0 && origin !== other) faults.push(400)
  return hrefOf(other, path)
}

function originOf(host: string, scheme: string, faults: HttpErrorStatus[]): string {
  if (hostPattern.test(host)) {
    const url = URL.parse(`${scheme}://${host}/`)
    if (url !== null) return url.origin
  }
  faults.push(400)
  return ''
}

function hrefOf(origin: string, path: string): string {
  return URL.parse(`${origin}${path}`)?.href ?? ''
}
