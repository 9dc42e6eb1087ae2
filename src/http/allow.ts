import type { Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import type { Env } from '../request/context.ts'

/** The value of `Allow` for a path; null where there is no route. */
export type Allow = (path: string) => string | null

/** Makes `Allow` from the routes of an app. */
export function createAllow(hono: Hono<Env>): Allow {
  let router: TrieRouter<string> | null = null
  return (path) => {
    router ??= methodsOf(hono)
    const methods = new Set(router.match('ALL', path)[0].map(([method]) => method))
    if (methods.size === 0) return null
    if (methods.has('GET')) methods.add('HEAD')
    return [...methods, 'OPTIONS'].join(', ')
  }
}

/** Made at the first request, because routes may be added to a finished app. */
function methodsOf(hono: Hono<Env>): TrieRouter<string> {
  const router = new TrieRouter<string>()
  for (const { method, path } of hono.routes) if (method !== 'ALL') router.add('ALL', path, method)
  return router
}
