import type { Result, Router } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import type { H, RouterRoute } from 'hono/types'
import { getPath } from 'hono/utils/url'

type Route = [H, RouterRoute]

/**
 * Hono's own router, which also returns the pattern of the last match: Hono matches and calls the handler in one
 * synchronous step.
 */
export function createRouter(): { router: Router<Route>; matched(): string } {
  const inner = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] })
  let last: Result<Route> = [[]]
  const router: Router<Route> = {
    name: 'galley',
    add: (method, path, handler) => inner.add(method, path, handler),
    match(method, path) {
      last = inner.match(method, path)
      return last
    },
  }
  return { router, matched: () => patternOf(last) }
}

function patternOf([handlers]: Result<Route>): string {
  const [route] = handlers.find(([[, { method }]]) => method !== 'ALL') ?? []
  return route === undefined ? '' : route[1].path
}

/** The path that is routed: `/api/v1/…` is the permanent name of today's `/api/…`. */
export function routedPath(request: Request): string {
  const path = getPath(request)
  return path.startsWith('/api/v1/') ? `/api/${path.slice('/api/v1/'.length)}` : path
}
