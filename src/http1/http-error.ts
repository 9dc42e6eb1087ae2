/** An error that gets a response with this status and ends the connection. Below 500 it is the client's fault. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: HttpErrorStatus

  constructor(status: HttpErrorStatus, message: string) {
    super(message)
    this.status = status
  }
}

export type HttpErrorStatus = 400 | 408 | 413 | 414 | 417 | 421 | 431 | 500 | 501 | 505
