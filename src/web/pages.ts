import { Hono } from 'hono'
import type { AnyCollection } from '../collections/collection.ts'
import type { Context, Env } from '../context.ts'
import { AppError } from '../errors.ts'
import { negotiateType } from '../middleware/accept.ts'
import { dataHeaders, pageHeaders } from '../middleware/secure-headers.ts'
import type { Assets } from '../platform.ts'
import { serveAsset } from './assets.ts'

/** `GET /` as text, JSON or HTML by `Accept`, and the API explorer at `/docs`. */
export function createPages(assets: Assets, collections: readonly AnyCollection[]): Hono<Env> {
  const paths = collections.map(({ name }) => `/api/${name}`)

  async function home(c: Context): Promise<Response> {
    const type = negotiateType(c.req.header('accept') ?? null, ['text/plain', 'application/json', 'text/html'])
    if (type === null) throw new AppError('not_acceptable')
    if (type === 'text/plain') return text(homeText(new URL(c.req.url).origin, paths), 'text/plain; charset=utf-8')
    if (type === 'application/json') return text(homeJson(paths), type)
    return (await serveAsset(assets, c.req.raw, '/index.html')) ?? page(homeHtml(paths))
  }

  return new Hono<Env>()
    .get('/', async (c) => {
      const response = await home(c)
      response.headers.append('Vary', 'Accept')
      return response
    })
    .get('/docs', () => page(docsHtml))
    .get('/docs/start.js', () => text(docsScript, 'text/javascript; charset=utf-8'))
}

function text(body: string, type: string): Response {
  return new Response(body, { headers: { ...dataHeaders, 'Content-Type': type, 'Cache-Control': 'no-cache' } })
}

function page(html: string): Response {
  return new Response(html, {
    headers: { ...pageHeaders, 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache' },
  })
}

function homeText(origin: string, paths: readonly string[]): string {
  return `Galley\n\n${paths.map((path) => `  ${origin}${path}\n`).join('')}\n  ${origin}/docs          try the API\n  ${origin}/openapi.json  its description\n  ${origin}/health/ready  its health\n`
}

function homeJson(paths: readonly string[]): string {
  const links = { collections: paths, docs: '/docs', openapi: '/openapi.json', health: '/health/ready' }
  return JSON.stringify({ data: { name: 'galley', ...links }, status: 200 })
}

/** For an app that brings no page of its own. Names of collections need no escaping: see `collection`. */
function homeHtml(paths: readonly string[]): string {
  const items = paths.map((path) => `<li><a href="${path}">${path}</a></li>`).join('')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Galley</title>
<h1>Galley</h1><ul>${items}</ul><p><a href="/docs">API explorer</a></p></html>`
}

const docsHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>API · Galley</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js" defer></script>
<script src="/docs/start.js" defer></script>
</head>
<body><main id="explorer"></main></body>
</html>
`

const docsScript = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
document.body.style.margin = 0
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#explorer', deepLinking: true, validatorUrl: null })
`
