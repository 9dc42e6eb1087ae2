import { getPath } from 'hono/utils/url'

/** The path that is routed: `/api/v1/…` is the permanent name of today's `/api/…`. */
export function routedPath(request: Request): string {
  const path = getPath(request)
  return path.startsWith('/api/v1/') ? `/api/${path.slice('/api/v1/'.length)}` : path
}

/** The path of a URL, without parsing all of it: that would cost more than the rest of this file. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  const end = query === -1 ? url.length : query
  const start = url.indexOf('/', url.indexOf('//') + 2)
  return start === -1 || start > end ? '/' : url.slice(start, end)
}
