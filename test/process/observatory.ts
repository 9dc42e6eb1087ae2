/**
 * The rules by which Mozilla's HTTP Observatory scores a site (developer.mozilla.org/en-US/observatory/docs/tests_and_scoring),
 * as far as headers decide. The score begins with 100; bonuses count only from 90 on.
 */
import type { IncomingHttpHeaders } from 'node:http'

interface Seen {
  headers: IncomingHttpHeaders
  /** The page, in which scripts of other sites would need an integrity. */
  html: string
}

interface Rule {
  name: string
  score(seen: Seen): number
}

const halfAYearSeconds = 15_768_000

function policy({ headers }: Seen): Map<string, string> {
  const text = String(headers['content-security-policy'] ?? '')
  return new Map(
    text
      .split(';')
      .map((part) => part.trim().split(/\s+/))
      .filter(([name]) => name)
      .map(([name = '', ...values]) => [name, values.join(' ')]),
  )
}

function scorePolicy(seen: Seen): number {
  const directives = policy(seen)
  if (directives.size === 0) return -25
  const scripts = directives.get('script-src') ?? directives.get('default-src') ?? '*'
  const styles = directives.get('style-src') ?? directives.get('default-src') ?? '*'
  if (/unsafe-inline|\*|https?:|data:/.test(scripts)) return -20
  if (/unsafe-eval/.test(scripts)) return -10
  if (/unsafe-inline/.test(styles)) return 0
  return directives.get('default-src') === "'none'" ? 10 : 5
}

function scoreTransport({ headers }: Seen): number {
  const seconds = Number(/max-age=(\d+)/.exec(String(headers['strict-transport-security']))?.[1] ?? 0)
  if (seconds === 0) return -20
  return seconds < halfAYearSeconds ? -10 : 0
}

function scoreCookies({ headers }: Seen): number {
  const cookies = headers['set-cookie'] ?? []
  if (cookies.length === 0) return 0
  if (cookies.some((cookie) => !/;\s*secure/i.test(cookie))) return -40
  if (cookies.some((cookie) => !/;\s*httponly/i.test(cookie))) return -30
  return cookies.every((cookie) => /;\s*samesite/i.test(cookie)) ? 5 : 0
}

function scoreReferrer({ headers }: Seen): number {
  const value = headers['referrer-policy']?.toString()
  if (value === undefined) return 0
  return /^(no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin)$/.test(value) ? 5 : -5
}

const rules: readonly Rule[] = [
  { name: 'content security policy', score: scorePolicy },
  { name: 'strict transport security', score: scoreTransport },
  { name: 'cookies', score: scoreCookies },
  { name: 'referrer policy', score: scoreReferrer },
  { name: 'CORS', score: ({ headers }) => (headers['access-control-allow-origin'] === '*' ? -50 : 0) },
  { name: 'nosniff', score: ({ headers }) => (headers['x-content-type-options'] === 'nosniff' ? 0 : -5) },
  { name: 'framing', score: (seen) => (policy(seen).get('frame-ancestors') === "'none'" ? 5 : -20) },
  {
    name: 'resource policy',
    score: ({ headers }) => (/^same-(origin|site)$/.test(String(headers['cross-origin-resource-policy'])) ? 10 : 0),
  },
  { name: 'integrity', score: ({ html }) => (/<script[^>]+src="(https?:)?\/\//.test(html) ? -50 : 0) },
]

/** Scores a page, in all and by rule. */
export function observe(seen: Seen): { score: number; parts: Record<string, number> } {
  const parts = Object.fromEntries(rules.map(({ name, score }) => [name, score(seen)]))
  const all = Object.values(parts)
  const lost = all.filter((each) => each < 0).reduce((sum, each) => sum + each, 100)
  const won = all.filter((each) => each > 0).reduce((sum, each) => sum + each, 0)
  return { score: lost >= 90 ? lost + won : lost, parts }
}
