/** Bounds of the job queue, so that neither a client nor a failing job fills the database. */

/** Of a payload as JSON. A job that works on more should name the row that holds it. */
export const payloadBytesMax = 64 * 1024
/** Of the payload of a job that is a hook, the row and that before an update: more than a client sends for a row, less than the 2 MB that a Durable Object stores in one. */
export const changeBytesMax = 1536 * 1024
/** Jobs that wait or run. Beyond it `enqueue` fails its write: at 5,000 jobs a second they are the work of twenty seconds. */
export const waitingJobsMax = 100_000
/** Dead letters that are kept; the oldest go first. */
export const deadLettersMax = 1000
/** Characters of a stored error. */
export const errorLengthMax = 2000
/** Characters of a key. */
export const keyLengthMax = 200
/** Processes that may end during a job before it is a dead letter: such a job may be what ends them. */
export const lossesMax = 25
