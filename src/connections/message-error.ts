/**
 * The error codes of JSON-RPC 2.0 §5.1 with their default messages, and -32800 (cancelled) of the Language Server
 * Protocol. Errors of the app use their HTTP status as the code.
 */
const messageErrors = {
  [-32700]: 'The message is not valid.',
  [-32600]: 'The request is not valid.',
  [-32601]: 'There is no such method.',
  [-32602]: 'The params are not valid.',
  [-32603]: 'Something went wrong on our side.',
  [-32800]: 'The request was cancelled.',
} as const

export type MessageErrorCode = keyof typeof messageErrors

/** The message of the peer cannot be served; the connection stays open. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  readonly code: MessageErrorCode
  readonly data: object | undefined

  constructor(code: MessageErrorCode, message: string = messageErrors[code], data?: object) {
    super(message)
    this.code = code
    this.data = data
  }
}
