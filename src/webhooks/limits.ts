/** Bounds of webhooks. Endpoints are made by administrators; their events are caused by everybody who changes a row. */

/** Endpoints of an app: a change makes a delivery for each that wants it. */
export const endpointsMax = 20
/** Event names of one endpoint. */
export const eventsMax = 100
/** Characters of a URL. */
export const urlLengthMax = 2000
/** Bytes of the body of an event, the size that Standard Webhooks recommends. Of a larger row only the id is sent. */
export const bodyBytesMax = 20 * 1024
/** Deliveries of one endpoint that wait. Of the events beyond it only the newest is delivered. */
export const waitingDeliveriesMax = 10_000
/** Deliveries of one endpoint that run at a time. */
export const concurrencyMax = 10
/** The time of one attempt, of the 15 to 30 seconds that Standard Webhooks recommends. */
export const attemptTimeoutMs = 15_000
/** Bytes of a response that are read and kept. */
export const responseBytesMax = 1024
/** Characters of an error that are kept. */
export const errorLengthMax = 500
/** Attempts after the first, over about three days. */
export const retriesMax = 18
export const firstRetryMs = 5000
export const retryMsMax = 12 * 3_600_000
/** The longest wait that a receiver may ask for by `Retry-After`. */
export const retryAfterMsMax = 24 * 3_600_000
/** An endpoint to which nothing could be delivered for so long is disabled. */
export const failingMsMax = 5 * 24 * 3_600_000
/** An old secret still signs for so long. */
export const secretOverlapMs = 24 * 3_600_000
/** Deliveries of one endpoint that the log keeps, the newest. */
export const loggedMax = 1000
/** How long the log keeps a delivery. */
export const loggedMs = 14 * 24 * 3_600_000
