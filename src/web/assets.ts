import { getMimeType, mimes } from 'hono/utils/mime'
import { AppError } from '../errors.ts'
import { matchesTag } from '../http/etag.ts'
import { dataHeaders, pageHeaders } from '../http/secure-headers.ts'
import type { Asset, Assets } from '../ports/assets.ts'

/** Types that Hono's table lacks. */
const types = { ...mimes, md: 'text/markdown; charset=utf-8' }

const pathLengthMax = 1024

/**
 * The response to a GET or HEAD of a static file (RFC 9110: ETag, 304, one byte range); null when there is no such
 * file. A file that the app declares immutable is cached for a year; any other, and all HTML, is revalidated.
 * @throws AppError `range_not_satisfiable`
 */
export async function serveAsset(assets: Assets, request: Request, path: string): Promise<Response | null> {
  const name = safeName(path)
  const asset = name === null ? null : await assets.open(name)
  if (name === null || asset === null) return null
  const headers = headersOf(name, asset)
  const known = request.headers.get('if-none-match')
  if (known !== null && matchesTag(known, `"${asset.version}"`)) return new Response(null, { status: 304, headers })
  const range = rangeOf(request, asset)
  const { start, end } = range ?? { start: 0, end: asset.sizeBytes - 1 }
  headers['Content-Length'] = String(end - start + 1)
  if (range) headers['Content-Range'] = `bytes ${start}-${end}/${asset.sizeBytes}`
  const body = request.method === 'HEAD' || asset.sizeBytes === 0 ? null : asset.read(start, end)
  return new Response(body, { status: range ? 206 : 200, headers })
}

/** The relative path in a URL's path; null when no file can have it. */
function safeName(path: string): string | null {
  if (path.length > pathLengthMax) return null
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return null
  }
  const name = decoded.replace(/^\//, '')
  const parts = name.split('/')
  const bad = /[\0-\x1f\\:]/.test(name) || parts.some((part) => part === '' || part.startsWith('.'))
  return bad ? null : name
}

function headersOf(name: string, asset: Asset): Record<string, string> {
  const type = getMimeType(name, types) ?? 'application/octet-stream'
  const isPage = /html/.test(type)
  return {
    ...(type.startsWith('text/html') ? pageHeaders : dataHeaders),
    'Content-Type': type,
    'Cache-Control': asset.isImmutable && !isPage ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Accept-Ranges': 'bytes',
    ETag: `"${asset.version}"`,
  }
}

interface Range {
  start: number
  end: number
}

/**
 * The requested range (RFC 9110 §14.2). Null for the whole file: also for several ranges, for an unknown syntax, and
 * when `If-Range` names another version.
 */
function rangeOf(request: Request, { sizeBytes, version }: Asset): Range | null {
  const header = request.headers.get('range')
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  const condition = request.headers.get('if-range')
  if (request.method !== 'GET' || (first === '' && last === '')) return null
  if (condition !== null && condition !== `"${version}"`) return null
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (start > end) {
    throw new AppError('range_not_satisfiable', undefined, { headers: { 'Content-Range': `bytes */${sizeBytes}` } })
  }
  return { start, end }
}
