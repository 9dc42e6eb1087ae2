/** What a session takes and keeps, each with its reason. Sizes in bytes, times in milliseconds. */

/** A longer message ends the session: a body of 1 MiB, the most that the app takes, and what stands around it. */
export const messageBytesMax = 1024 ** 2 + 64 * 1024
/** A body of an answer that is held in memory whole; what is larger is for HTTP, which streams. */
export const answerBytesMax = 8 * 1024 ** 2
/** Requests without an answer yet. Enough for any page; each may hold a database read or a long poll. */
export const requestsMax = 256
/** A chat with a topic for each room has a hundred; each costs some hundred bytes and a share of each event. */
export const subscriptionsMax = 256
/** Topics in which one session is present: each change goes to up to a thousand members. */
export const membershipsMax = 16
/** Broken messages in a row: a client that errs this often errs for ever. */
export const brokenMax = 16
/** Events beyond the last `ack`, unless the subscription says otherwise: some seconds of a busy topic. */
export const windowDefault = 1000
/** A window bounds what lies in buffers on the way, so it can't be endless. */
export const windowMax = 10_000
/** An `id` is kept while its request lasts, and comes back in the answer. */
export const idLengthMax = 64
/** As long as a request line may be over HTTP. */
export const pathLengthMax = 8 * 1024
/** One header of a request; entity tags and keys are far shorter. */
export const headerLengthMax = 1024
/** A name of a topic: 40 characters, a slash and a part of 100; some more, so that the topics themselves judge it. */
export const topicLengthMax = 200
/** Quiet for this long, the other end is asked; quiet for another, it is gone. NATs forget connections after a minute or so. */
export const heartbeatMsDefault = 20_000
/** A session costs a socket and a few KB; 20,000 are what one process of a small machine holds. */
export const connectionsMaxDefault = 20_000

/** Messages that wait while it is found out who signs in, which takes a moment at most. */
export const heldMax = 256

/** Messages in a row beyond what one client may send; an honest one has long waited by then. */
export const excessMax = 100

/** What beginning a session costs, in requests: a handshake, and what is kept for it. */
export const connectUnits = 5
/** What a message costs, in requests, beside what it asks for; and how many of its bytes cost as much as a request. */
export const messageUnits = 0.1
export const unitBytes = 16 * 1024
/** Subscriptions of one client, all its sessions together: a sixteenth of what the server takes. */
export const clientSubscriptionsMax = 16_384
/** Members of one topic who are one client: some share an address, and nobody may fill it alone. */
export const clientMembersMax = 128
