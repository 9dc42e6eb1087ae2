import { Hono } from 'hono'
import type { AnyCollection } from '../collections/declaration.ts'
import { AppError } from '../errors.ts'
import { negotiateType } from '../http/accept.ts'
import { dataHeaders, pageHeaders } from '../http/secure-headers.ts'
import type { Assets } from '../ports/assets.ts'
import type { Context, Env } from '../request/context.ts'
import { serveAsset } from './assets.ts'

/** Where `home.html` lists the collections. */
const collectionsMark = '<!-- collections -->'

/** `GET /` as text, JSON or HTML by `Accept`, the API explorer at `/docs` and live metrics at `/status`. */
export function createPages(assets: Assets, collections: readonly AnyCollection[]): Hono<Env> {
  const paths = collections.map(({ name }) => `/api/${name}`)

  async function home(c: Context): Promise<Response> {
    const type = negotiateType(c.req.header('accept') ?? null, ['text/plain', 'application/json', 'text/html'])
    if (type === null) throw new AppError('not_acceptable')
    if (type === 'application/json') return text(homeJson(paths), type)
    const page = type === 'text/html' ? await homePage(c) : null
    return page ?? text(homeText(new URL(c.req.url).origin, paths), 'text/plain; charset=utf-8')
  }

  /** The app's own `index.html`, or else a list of its collections. */
  async function homePage(c: Context): Promise<Response | null> {
    return (await serveAsset(assets, c.req.raw, '/index.html')) ?? (await homeHtml(assets, paths))
  }

  async function page(c: Context, path: string): Promise<Response> {
    const response = await serveAsset(assets, c.req.raw, path)
    if (!response) throw new AppError('not_found', `${path} is missing: serve the folder dist/assets of galley, too.`)
    return response
  }

  return new Hono<Env>()
    .get('/', async (c) => {
      const response = await home(c)
      response.headers.append('Vary', 'Accept')
      return response
    })
    .get('/docs', (c) => page(c, '/docs.html'))
    .get('/status', (c) => page(c, '/status.html'))
}

function text(body: string, type: string): Response {
  return new Response(body, { headers: { ...dataHeaders, 'Content-Type': type, 'Cache-Control': 'no-cache' } })
}

function homeText(origin: string, paths: readonly string[]): string {
  const links = [
    ['/docs', 'API explorer'],
    ['/openapi.json', 'OpenAPI description'],
    ['/status', 'live metrics'],
    ['/health/ready', 'health'],
  ] as const
  const described = links.map(([path, title]) => `  ${origin}${path.padEnd(13)}  ${title}\n`)
  return `Galley\n\n${paths.map((path) => `  ${origin}${path}\n`).join('')}\n${described.join('')}`
}

function homeJson(paths: readonly string[]): string {
  const links = {
    collections: paths,
    docs: '/docs',
    status: '/status',
    openapi: '/openapi.json',
    health: '/health/ready',
  }
  return JSON.stringify({ data: { name: 'galley', ...links }, status: 200 })
}

/** Names of collections need no escaping: see `collection`. */
async function homeHtml(assets: Assets, paths: readonly string[]): Promise<Response | null> {
  const asset = await assets.open('home.html')
  if (asset === null) return null
  const html = await new Response(asset.read(0, asset.sizeBytes - 1)).text()
  const items = paths.map((path) => `<li><a href="${path}">${path}</a></li>`).join('')
  return new Response(html.replace(collectionsMark, items), {
    headers: { ...pageHeaders, 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache' },
  })
}
