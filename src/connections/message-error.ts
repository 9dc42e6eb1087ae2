/**
 * The error codes of JSON-RPC 2.0 §5.1 with what they say when nothing better is known, and -32800 as the
 * Language Server Protocol has it. The app's own errors have their HTTP status as the code.
 */
const messageErrors = {
  [-32700]: 'This is no message.',
  [-32600]: 'This is no request.',
  [-32601]: 'There is no such method.',
  [-32602]: 'The params are not valid.',
  [-32603]: 'Something went wrong on our side.',
  [-32800]: 'The request was cancelled.',
} as const

export type MessageErrorCode = keyof typeof messageErrors

/** The peer's message can't be served; the session goes on. */
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
