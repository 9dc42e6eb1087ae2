/** Requests that no route takes: a static file, `OPTIONS`, a wrong method, or nothing at all. */
import { AppError } from '../errors.ts'
import type { Allow } from '../http/allow.ts'
import { reply } from '../http/reply.ts'
import type { Assets } from '../ports/assets.ts'
import type { Context } from '../request/context.ts'
import { serveAsset } from './assets.ts'

const pagePath = /^\/[a-z][a-z0-9-]{0,39}$/
/** The route of a static file in the log and the metrics. */
const fileRoute = '(file)'

export function createFallback(assets: Assets, allowedMethods: Allow) {
  return async function fallback(c: Context): Promise<Response> {
    const { method, path } = c.req
    const isRead = method === 'GET' || method === 'HEAD'
    const allow = allowedMethods(path)
    if (allow === null) {
      const asset = (await serveAsset(assets, c.req.raw, path)) ?? (await servePage(assets, c.req.raw, path))
      if (asset && isRead) {
        c.env.route = fileRoute
        return asset
      }
      await asset?.body?.cancel()
      if (!asset) throw new AppError('not_found')
    }
    const headers = { Allow: allow ?? 'GET, HEAD, OPTIONS' }
    if (method === 'OPTIONS') return reply(c, 204, null, headers)
    throw new AppError('method_not_allowed', `${method} is not allowed at this address.`, { headers })
  }
}

/** `/chat` is the page `chat.html`, if there is one. */
async function servePage(assets: Assets, request: Request, path: string): Promise<Response | null> {
  return pagePath.test(path) ? serveAsset(assets, request, `${path}.html`) : null
}
