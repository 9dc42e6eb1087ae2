import { getPath } from 'hono/utils/url'

/** The path that is routed: `/api/v1/…` is the permanent name of today's `/api/…`. */
export function routedPath(request: Request): string {
  const path = getPath(request)
  return path.startsWith('/api/v1/') ? `/api/${path.slice('/api/v1/'.length)}` : path
}
