import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Started } from '../../src/app.ts'
import type { Config } from '../../src/config.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Connection } from '../../src/connections/connection.ts'
import type { Connections, OpenOptions } from '../../src/connections/connections.ts'
import { StartError } from '../../src/errors.ts'
import type { Platform } from '../../src/ports/platform.ts'
import type { AdmittedPeer, Peer } from '../../src/request/context.ts'

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Makes the app that a process serves. */
export type MakeServer = (platform: Platform, env: Environment) => Served

/** The part of `createApp`'s result that a process serves. */
export interface Served {
  fetch(request: Request, peer?: Peer): Response | Promise<Response>
  /** The peer, if this request for a WebSocket is admitted; null leaves it to `fetch`. */
  admit(request: Request, peer: Peer): AdmittedPeer | null
  connections: Pick<Connections, 'open' | 'goaway'>
  start(): Promise<Started>
  drain(): void
  /** Finishes the jobs that run, or gives them back. */
  stop(): Promise<void>
  /** Deletes expired data. */
  cleanUp(): Promise<void>
}

/** The part of a message connection that its channel calls. */
export type ChannelConnection = Pick<
  Connection,
  'charge' | 'hold' | 'receive' | 'malformed' | 'heard' | 'drained' | 'halfClosed' | 'closed' | 'end'
>

/** Serves requests and message connections. */
export interface MessageServer extends Pick<Served, 'fetch' | 'admit'> {
  connections: { open(channel: Channel, peer: Peer | null, options: OpenOptions): ChannelConnection }
}

/** A server that listens. */
export interface Listening {
  port: number
  /** Ends each connection with its next response, but still accepts new ones, so that no request on its way is lost. */
  drain(): void
  /** Stops accepting and resolves when the requests in flight have their responses. */
  close(): Promise<void>
}

/**
 * Explains in one line an error of listening that the operator can mend; returns any other as it is.
 * @param code the system's code for it, such as EADDRINUSE
 */
export function listenError(error: unknown, code: string | undefined, { HOST, PORT }: Config): unknown {
  const texts: Record<string, string> = {
    EADDRINUSE: 'is taken',
    EACCES: 'is not allowed to this user',
    EADDRNOTAVAIL: 'is no address of this machine',
    // Deno's code for an address of another machine.
    EINVAL: 'is no address of this machine',
    ENOTFOUND: 'is no known host name',
    EAI_AGAIN: 'is no known host name',
  }
  const text = texts[code ?? '']
  return text ? new StartError(`The address ${HOST}:${PORT} ${text}.`) : error
}

/** Certificate and key in PEM. */
export interface Tls {
  cert: string
  key: string
}

/**
 * The certificate and key that the configuration names, if it does.
 * @throws StartError when one of them is missing, can't be read, or does not fit the other
 */
export function readTls({ TLS_CERT, TLS_KEY }: Config): Tls | null {
  if (TLS_CERT === '' && TLS_KEY === '') return null
  if (TLS_CERT === '' || TLS_KEY === '') throw new StartError('Set both TLS_CERT and TLS_KEY, or neither.')
  const tls = { cert: readPem('TLS_CERT', TLS_CERT), key: readPem('TLS_KEY', TLS_KEY) }
  try {
    const { publicKey } = new X509Certificate(tls.cert)
    if (!createPublicKey(createPrivateKey(tls.key)).equals(publicKey)) throw new Error('they do not belong together')
  } catch (error) {
    throw new StartError(
      `The files of TLS_CERT and TLS_KEY must be a certificate and its private key: ${(error as Error).message}`,
    )
  }
  return tls
}

/** Its error does not show the value, which might be the key itself. */
function readPem(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StartError(`The file of ${name} can't be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
