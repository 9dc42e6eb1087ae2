import { z } from '@hono/zod-openapi'
import { StartError } from './errors.ts'
import { isLoopback } from './http/host-check.ts'
import { logLevels } from './ports/log.ts'
import type { Settings } from './ports/platform.ts'
import { parseRange } from './request/client-address.ts'
import { isOrigin } from './request/origin.ts'

/** A comma-separated list, empty when unset. */
function list(item: z.ZodType<string, string>) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item))
}

const origin = z
  .string()
  .refine((text) => !text.includes('*'), {
    error: 'must name each origin, because wildcards are not supported',
    abort: true,
  })
  .refine(isOrigin, 'must be origins such as https://app.example or capacitor://localhost')
const range = z.string().refine((text) => parseRange(text) !== null, 'must be addresses or ranges such as 10.0.0.0/8')
const hostName = z.string().regex(/^[\w.-]+$/, 'must be host names such as app.example, without port')

/** What is wrong in a URL of SMTP would show only with the first email. */
function isSmtpUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') return false
  return /^\/?$/.test(url.pathname) && url.hash === '' && [url.username, url.password].every(isPercentEncoded)
}

function isPercentEncoded(text: string): boolean {
  return !/%(?![\da-f]{2})/i.test(text)
}

/** `fetch` takes no URL with a user or a password. */
function isApiUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

/** Every setting: environment variables of a process, vars on Workers. */
const schema = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be 0 to 65535')
    .default(3000)
    .describe('The port to listen on; 0 for any free port.'),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be an address or host name')
    .default('127.0.0.1')
    .describe('The address to listen on. Only a loopback address is unreachable from other machines.'),
  DATA_DIR: z
    .string()
    .min(1, 'must not be empty')
    .default('./data')
    .describe('The data directory; created when missing.'),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(', ')}`)
    .default('info')
    .describe('The lowest level to log: debug, info (each request), warn, error or off.'),
  METRICS_TOKEN: z
    .string()
    .regex(/^([!-~]{16,200})?$/, 'must be 16 characters or more, without spaces')
    .default('')
    .describe('The bearer token that may read /metrics from other machines.'),
  DATA_DIR_WAIT: z
    .string()
    .regex(/^\d{1,3}$/, 'must be 0 to 999 seconds')
    .transform(Number)
    .default(0)
    .describe('Seconds to wait for a data directory that is in use; clients wait too.'),
  RATE_LIMIT: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .describe('Limits each client to 200 requests a second and bursts of 600: on or off.'),
  HTTP_ENGINE: z
    .enum(['galley', 'node'], 'must be galley or node')
    .default('galley')
    .describe("The HTTP server: galley's own, or the one of the runtime (node)."),
  TLS_CERT: z.string().default('').describe('A file with the certificate chain in PEM, to serve HTTPS.'),
  TLS_KEY: z
    .string()
    .refine((text) => !text.includes('-----BEGIN'), 'must be the name of a file, not the key itself')
    .default('')
    .describe('A file with the key of the certificate in PEM.'),
  TRUST_PROXY: list(range).describe(
    'Trusted proxies: comma-separated addresses or networks, such as 127.0.0.1,10.0.0.0/8.',
  ),
  PUBLIC_URL: z
    .string()
    .refine((text) => text === '' || URL.parse(text)?.origin === text, 'must be an origin such as https://app.example')
    .default('')
    .describe('The public origin of the server, for links in email.'),
  SIGN_UP: z
    .enum(['open', 'verified'], 'must be open or verified')
    .default('open')
    .describe('An account is made at once (open), or by a code that is emailed first (verified).'),
  SMTP_URL: z
    .string()
    .refine((text) => text === '' || isSmtpUrl(text), 'must be like smtp://user:password@mail.example:587')
    .default('')
    .describe('The SMTP server for email; without one, email is written to the log.'),
  MAIL_API_URL: z
    .string()
    .refine((text) => text === '' || isApiUrl(text), 'must be a URL such as https://api.example/emails')
    .default('')
    .describe('Instead of SMTP, and on Workers: an HTTP API that accepts email by POST.'),
  MAIL_API_TOKEN: z
    .string()
    .regex(/^[!-~]*$/, 'must have no spaces or line breaks')
    .default('')
    .describe('The bearer token of the email API.'),
  MAIL_FROM: z.string().default('').describe('The sender of email, such as Galley <galley@app.example>.'),
  WEBHOOKS_ALLOW_PRIVATE: list(range).describe(
    'Private addresses or networks that may receive webhooks, and by http, such as 10.0.0.0/8.',
  ),
  CORS_ORIGINS: list(origin).describe('Comma-separated origins of other sites that may call the API from a browser.'),
  ALLOWED_HOSTS: list(hostName).describe(
    'Comma-separated host names that a server on a loopback address accepts beside localhost.',
  ),
})

export type Config = z.output<typeof schema>

/** The settings whose values are a secret or may hold one: no error, log or response shows them. */
export const secretNames: readonly (keyof Config)[] = [
  'METRICS_TOKEN',
  'TLS_KEY',
  'SMTP_URL',
  'MAIL_API_URL',
  'MAIL_API_TOKEN',
]

/**
 * Reads the configuration.
 * @throws StartError that names each bad setting, with its value unless that is secret
 */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
  const given = Object.fromEntries(
    // An empty variable is an unset one, as container tools write it.
    Object.keys(schema.shape).map((name) => [name, variables[name] === '' ? undefined : variables[name]]),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path, message }) => {
    const [name = ''] = path
    return `${shown(String(name), String(given[name as string]))}: ${message}`
  })
  throw new StartError([...new Set(lines)].join('; '))
}

/** `NAME=VALUE`, or the name alone; without the password of a URL in any case. */
function shown(name: string, value: string): string {
  if (secretNames.includes(name as keyof Config)) return name
  return `${name}=${value.replaceAll(/\/\/\S*:\S*@/g, '//…@')}`
}

/** Returns the settings that the app needs. A server on a loopback address checks `Host`. */
export function settingsOf({
  HOST,
  CORS_ORIGINS,
  ALLOWED_HOSTS,
  METRICS_TOKEN,
  TRUST_PROXY,
  RATE_LIMIT,
}: Config): Settings {
  return {
    corsOrigins: CORS_ORIGINS,
    hosts: isLoopback(HOST) ? ALLOWED_HOSTS : null,
    trustedProxies: TRUST_PROXY,
    metricsToken: METRICS_TOKEN,
    isRateLimited: RATE_LIMIT === 'on',
  }
}

/** The names of all variables, for a runtime with permissions. */
export const configNames = Object.keys(schema.shape)

/** Returns the text of `--help`. */
export function configHelp(): string {
  const defaults = schema.parse({})
  const width = Math.max(...configNames.map((name) => name.length)) + 1
  const lines = Object.entries(schema.shape).map(([name, { description }]) => {
    const value = String(defaults[name as keyof Config])
    return `  ${name.padEnd(width)}${description}${value ? ` [${value}]` : ''}\n`
  })
  return `Galley is configured by environment variables:\n\n${lines.join('')}`
}
