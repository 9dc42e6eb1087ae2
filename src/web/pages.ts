import { Hono } from 'hono'
import type { AnyCollection } from '../collections/declaration.ts'
import { AppError } from '../errors.ts'
import { negotiateType } from '../http/accept.ts'
import { dataHeaders, pageHeaders } from '../http/secure-headers.ts'
import type { Assets } from '../ports/assets.ts'
import type { Context, Env } from '../request/context.ts'
import { serveAsset } from './assets.ts'

/** `GET /` as text, JSON or HTML by `Accept`, the API explorer at `/docs` and live numbers at `/status`. */
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
    .get('/status', () => page(statusHtml))
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
  const links = [
    ['/docs', 'try the API'],
    ['/openapi.json', 'its description'],
    ['/status', 'its numbers, live'],
    ['/health/ready', 'its health'],
  ] as const
  const described = links.map(([path, what]) => `  ${origin}${path.padEnd(13)}  ${what}\n`)
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

/** For an app that brings no page of its own. Names of collections need no escaping: see `collection`. */
function homeHtml(paths: readonly string[]): string {
  const items = paths.map((path) => `<li><a href="${path}">${path}</a></li>`).join('')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Galley</title>
<h1>Galley</h1><ul>${items}</ul><p><a href="/docs">API explorer</a> <a href="/status">Status</a></p></html>`
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

const statusHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Status · Galley</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/status/status.css">
<script type="module" src="/status/status.js"></script>
</head>
<body>
<header><h1>Galley <span>· status</span></h1></header>
<main>
<p id="state" role="status"></p>
<noscript><p>This page needs JavaScript. The numbers are at <a href="/metrics">/metrics</a>, too.</p></noscript>
<form id="door" class="door" hidden>
<label for="token">Token for the metrics</label>
<div><input id="token" type="password" autocomplete="off" aria-describedby="problem hint"> <button>Show</button></div>
<p id="problem" role="alert"></p>
<p id="hint">The server has it as METRICS_TOKEN. It stays in this tab.</p>
</form>
<section id="figures" aria-label="Figures"></section>
<section id="plots" aria-label="The last two minutes"></section>
<section id="routes" aria-labelledby="routes-title" hidden>
<div class="bar">
<h2 id="routes-title">Routes in the last two minutes</h2>
<fieldset id="order">
<legend class="unseen">Order</legend>
<label><input type="radio" name="order" value="busiest" checked>Busiest</label>
<label><input type="radio" name="order" value="slowest">Slowest</label>
</fieldset>
</div>
<div id="scroll" role="region" aria-labelledby="routes-title" tabindex="0"><table>
<thead><tr><th scope="col">Route<th scope="col">Rate<th scope="col">p50<th scope="col">p99<th scope="col">4xx<th scope="col">5xx</tr></thead>
<tbody></tbody>
</table></div>
</section>
</main>
<footer><nav aria-label="More"><a href="/">Home</a> <a href="/docs">API explorer</a> <a href="/metrics">Metrics as text</a></nav></footer>
</body>
</html>
`
