/** An HTTP request to a URL that a person has entered. */
export interface WebhookMessage {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** Bytes of the response body that are read. */
  responseBytesMax: number
}

export interface WebhookResponse {
  status: number
  /** The header `Retry-After`. */
  retryAfter: string | null
  /** The beginning of the body. */
  text: string
}

/**
 * Sends webhooks by POST, and follows no redirect. It connects only to an address that `src/webhooks/destination.ts` allows, and
 * to the very one that it has checked, so that a name cannot be resolved to another in between.
 *
 * It rejects with a `DestinationError` for a URL or address that is not allowed, with the reason of the signal once that aborts, and with
 * another error when there is no response.
 */
export interface WebhookSender {
  /** Networks of private addresses that may receive webhooks, such as `10.0.0.0/8`. */
  readonly networks: readonly string[]
  send(message: WebhookMessage, signal: AbortSignal): Promise<WebhookResponse>
}
