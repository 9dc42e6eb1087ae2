/** A client's fault that ends its connection: what it sent is no HTTP, or beyond a limit. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: RefusalStatus

  constructor(status: RefusalStatus, message: string) {
    super(message)
    this.status = status
  }
}

export type RefusalStatus = 400 | 408 | 413 | 414 | 417 | 421 | 431 | 500 | 501 | 505
