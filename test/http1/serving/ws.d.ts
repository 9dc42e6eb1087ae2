/** What is used of the package, which brings no types. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  export class WebSocket extends EventEmitter {
    constructor(url: string, options?: { rejectUnauthorized?: boolean; perMessageDeflate?: boolean })
    send(data: string | Uint8Array, options?: { binary: boolean }): void
    close(code?: number, reason?: string): void
    terminate(): void
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: { noServer: true; maxPayload?: number; perMessageDeflate?: boolean })
    handleUpgrade(
      request: { method: string; headers: Readonly<Record<string, string>> },
      socket: Socket,
      head: Buffer,
      accepted: (webSocket: WebSocket) => void,
    ): void
  }
}
