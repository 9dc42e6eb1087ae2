/**
 * Prints the permissions that the server needs with the settings of its environment, quoted for a shell. `start.sh`
 * starts the server with them.
 *
 * | setting | permission |
 * |---|---|
 * | all of them | `env`, each by its name |
 * | `HOST`, `PORT` | `net`, to listen; a name needs all that it stands for |
 * | `DATA_DIR` | `read` and `write` |
 * | `TLS_CERT`, `TLS_KEY` | `read` |
 * | `SMTP_URL`, `MAIL_API_URL` | `net` of that server alone, and for SMTP the name of this machine |
 */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import process from 'node:process'
import { type Config, configNames, parseConfig } from '../../src/config.ts'
import { StartError } from '../../src/errors.ts'
import { smtpPort } from '../mail/smtp-port.ts'

/** The static files of this repository. */
const assets = ['src/web', 'src/client', 'node_modules/swagger-ui-dist']

async function permissionsOf(config: Config): Promise<string[]> {
  const { DATA_DIR, TLS_CERT, TLS_KEY, SMTP_URL } = config
  return [
    `--allow-env=${configNames.join(',')}`,
    `--allow-net=${[...(await listenedOn(config)), ...mailServers(config)].join(',')}`,
    `--allow-read=${pathList([...assets, DATA_DIR, TLS_CERT, TLS_KEY])}`,
    `--allow-write=${pathList([DATA_DIR])}`,
    ...(SMTP_URL === '' ? [] : ['--allow-sys=hostname']),
  ]
}

async function listenedOn({ HOST, PORT }: Config): Promise<string[]> {
  if (isIP(HOST)) return [hostAndPort(HOST, PORT)]
  // The start says it when there is no such name.
  const addresses = await lookup(HOST, { all: true }).catch(() => [])
  return [HOST, ...addresses.map(({ address }) => hostAndPort(address, PORT))]
}

function mailServers({ SMTP_URL, MAIL_API_URL }: Config): string[] {
  if (SMTP_URL !== '') return [hostAndPort(new URL(SMTP_URL).hostname, smtpPort(new URL(SMTP_URL)))]
  if (MAIL_API_URL === '') return []
  const { protocol, hostname, port } = new URL(MAIL_API_URL)
  return [hostAndPort(hostname, port === '' ? (protocol === 'http:' ? 80 : 443) : port)]
}

function hostAndPort(host: string, port: number | string): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** Deno splits the list at commas and takes two of them for one in a path. */
function pathList(paths: readonly string[]): string {
  return paths
    .filter((path) => path !== '')
    .map((path) => path.replaceAll(',', ',,'))
    .join(',')
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`
}

try {
  const permissions = await permissionsOf(parseConfig(process.env))
  process.stdout.write(permissions.map(quoted).join(' '))
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`galley: ${error.message}\n`)
  process.exitCode = 1
}
