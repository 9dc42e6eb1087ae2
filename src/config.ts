import { z } from '@hono/zod-openapi'
import { StartError } from './errors.ts'
import { isLoopback } from './http/cross-site.ts'
import { logLevels } from './ports/log.ts'
import type { Settings } from './ports/platform.ts'
import { parseRange } from './request/client-address.ts'

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
  .refine((text) => URL.parse(text)?.origin === text, 'must be origins such as https://app.example')
const range = z.string().refine((text) => parseRange(text) !== null, 'must be addresses or ranges such as 10.0.0.0/8')
const hostName = z.string().regex(/^[\w.-]+$/, 'must be host names such as app.example, without port')

/** Every setting: environment variables of a process, vars on Workers. */
const schema = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be 0 to 65535')
    .default(3000)
    .describe('The port to listen on; 0 for any free one.'),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be an address or host name')
    .default('127.0.0.1')
    .describe('The address to listen on. Only a loopback address keeps others out.'),
  DATA_DIR: z
    .string()
    .min(1, 'must not be empty')
    .default('./data')
    .describe('The folder for the data; created when missing.'),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(', ')}`)
    .default('info')
    .describe('The lowest level that is logged: debug, info (each request), warn, error or off.'),
  METRICS_TOKEN: z
    .string()
    .regex(/^([!-~]{16,200})?$/, 'must be 16 characters or more, without spaces')
    .default('')
    .describe('The bearer token that lets other machines read /metrics.'),
  DATA_DIR_WAIT: z
    .string()
    .regex(/^\d{1,3}$/, 'must be 0 to 999 seconds')
    .transform(Number)
    .default(0)
    .describe('Seconds to wait for a data directory in use, while clients wait.'),
  RATE_LIMIT: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .describe('Limits each client to 200 requests a second, and 600 at once.'),
  HTTP_ENGINE: z
    .enum(['galley', 'node'], 'must be galley or node')
    .default('galley')
    .describe("The server of HTTP: Galley's own, or that of Node (on Deno, Deno's; not on Bun)."),
  TLS_CERT: z.string().default('').describe('A file with the certificate chain in PEM, to serve HTTPS.'),
  TLS_KEY: z.string().default('').describe('A file with the key of the certificate in PEM.'),
  TRUST_PROXY: list(range).describe(
    'Addresses or ranges of proxies whose forwarding headers are trusted, with commas, such as 127.0.0.1,10.0.0.0/8.',
  ),
  PUBLIC_URL: z
    .string()
    .refine((text) => text === '' || URL.parse(text)?.origin === text, 'must be an origin such as https://app.example')
    .default('')
    .describe('The public origin of the server, for links in mail.'),
  SMTP_URL: z
    .string()
    .refine(
      (text) => text === '' || /^smtps?:$/.test(URL.parse(text)?.protocol ?? ''),
      'must be like smtp://user:password@mail.example:587',
    )
    .default('')
    .describe('The server that sends mail; without one, emails go to the log.'),
  MAIL_API_URL: z
    .string()
    .refine((text) => text === '' || URL.canParse(text), 'must be a URL')
    .default('')
    .describe('An API that takes mail by POST, instead of SMTP and on Workers.'),
  MAIL_API_TOKEN: z.string().default('').describe('Its bearer token.'),
  MAIL_FROM: z.string().default('').describe('The sender of mail, such as Galley <galley@app.example>.'),
  CORS_ORIGINS: list(origin).describe('Origins of other sites that may call the API from browsers, with commas.'),
  ALLOWED_HOSTS: list(hostName).describe(
    'Host names beside localhost that a server on a loopback address accepts, with commas.',
  ),
})

export type Config = z.output<typeof schema>

/** The settings whose values are secret. */
export const secretNames: readonly (keyof Config)[] = ['METRICS_TOKEN', 'SMTP_URL', 'MAIL_API_TOKEN']

/**
 * Reads the configuration.
 * @throws StartError that names each bad value
 */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, variables[name]]))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path, message }) => {
    const [name = ''] = path
    return `${String(name)}=${String(given[name as string])}: ${message}`
  })
  throw new StartError([...new Set(lines)].join('; '))
}

/** Returns the settings of the app. A server on a loopback address checks `Host`. */
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

/** The names of all variables, for a runtime that must be told which it may read. */
export const configNames = Object.keys(schema.shape)

/** The text that `--help` prints. */
export function configHelp(): string {
  const defaults = schema.parse({})
  const lines = Object.entries(schema.shape).map(([name, { description }]) => {
    const value = String(defaults[name as keyof Config])
    return `  ${name.padEnd(15)}${description}${value ? ` [${value}]` : ''}\n`
  })
  return `Galley is configured by environment variables:\n\n${lines.join('')}`
}
