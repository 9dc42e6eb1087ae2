import { jsonDepthMax } from '../http/json.ts'

/** The limits of a live connection, each with its reason. Sizes in bytes, times in milliseconds. */

/** A longer message ends the connection: the largest body of the app, 1 MiB, and room for the message around it. */
export const messageBytesMax = 1024 ** 2 + 64 * 1024
/** A response body is held in memory; a larger one needs HTTP, which streams. */
export const responseBytesMax = 8 * 1024 ** 2
/** The message and its result are levels of a response, too. */
export const responseDepthMax = jsonDepthMax - 2
/** Requests in flight. Enough for any page; each may hold a database read or a long poll. */
export const requestsMax = 256
/** A chat with a topic a room has a hundred; each costs some hundred bytes and a share of each event. */
export const subscriptionsMax = 256
/** Topics that one connection is present in: each change is sent to up to a thousand members. */
export const membershipsMax = 16
/** Invalid messages in a row: a client that errs this often will not stop. */
export const malformedMessagesMax = 16
/** The default number of events beyond the last `ack`: some seconds of a busy topic. */
export const windowDefault = 1000
/** A window bounds the events in buffers, so it must be finite. */
export const windowMax = 10_000
/** An `id` is kept while its request is in flight, and repeated in the response. */
export const idLengthMax = 64
/** As long as a request line may be over HTTP. */
export const pathLengthMax = 8 * 1024
/** One header of a request; entity tags and keys are far shorter. */
export const headerLengthMax = 1024
/** A topic name has 40 characters, a slash and a partition of 100; the rest is left to the validation of topics. */
export const topicLengthMax = 200
/** Ten paths of three names, and more. Kept with the subscription. */
export const expandLengthMax = 2000
/** A peer silent for this long is pinged, and silent for twice as long is closed. NATs drop idle connections after about a minute. */
export const heartbeatMsDefault = 20_000
/** A connection costs a socket and a few KB; one process on a small machine holds 20,000. */
export const connectionsMaxDefault = 20_000

/** Messages queued while a token is being verified, which takes a moment; and as many bytes as one message may have. */
export const queuedMessagesMax = 256

/** Frames over the rate limit, where 16 KiB count as one more; a well-behaved client has backed off by then. */
export const overLimitFramesMax = 100

/** The cost of opening a connection in rate limit units: a handshake and its memory. */
export const connectUnits = 5
/** The cost of a frame in rate limit units, beside the costs of its request and of its bytes. */
export const frameUnits = 0.1
/** The values in a message that cost one unit, as many as are decoded in the time of a request; fewer than these are free. */
export const unitValues = 1024
export const freeValuesMax = 128
/** Values and keys in a response, where it is encoded as CBOR: two thousand rows of a wide table. */
export const responseValuesMax = 262_144
/** Members who are notified for one rate limit unit: each costs some 3 µs, and a unit is the 50 µs of a small request. */
export const notifiedPerUnit = 20
/** Subscriptions of one client over all its connections; a wider network of IPv6 has some times as many. */
export const clientSubscriptionsMax = 16_384
/** Members of one topic that belong to one client: several people share an address, and no client may fill a topic alone. */
export const clientMembersMax = 128
