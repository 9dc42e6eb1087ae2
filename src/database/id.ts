const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeLength = 10
const randomLength = 16
/** Digits of a step from one id to the next of the same millisecond: 35 bits. */
const stepLength = 7
/** Steps that are made at a time, because fetching randomness costs more than an id. */
const stepBatch = 64

/** The ids that a client may choose. */
export const idPattern = /^[0-9A-Za-z]{26}$/

/**
 * Makes ids that sort by the time of their making: ULIDs (26 characters of Crockford's base 32, 48
 * bits of milliseconds before 80 random bits). Ids of one source always rise, even within a
 * millisecond and when the clock steps back: then the random part grows by random steps, whose size
 * does not tell how many ids were made between two.
 */
export function createIds(
  now: () => number,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): () => string {
  let lastMs = -1
  let time = ''
  const digits = new Uint8Array(randomLength)
  const steps = new Uint8Array(stepLength * stepBatch)
  let stepAt = steps.length
  return function id() {
    const ms = now()
    if (ms > lastMs) {
      lastMs = ms
      time = encodeTime(ms)
      random(digits)
      // The first digit keeps room for counting: it would take 2^40 ids in a millisecond to overflow.
      for (let i = 0; i < randomLength; i += 1) digits[i] = (digits[i] ?? 0) & (i === 0 ? 15 : 31)
    } else {
      if (stepAt === steps.length) {
        random(steps)
        stepAt = 0
      }
      advance(digits, steps, stepAt)
      stepAt += stepLength
    }
    return time + encodeDigits(digits)
  }
}

/** Adds one and the digits of a step that begin at an index. */
function advance(digits: Uint8Array, steps: Uint8Array, stepAt: number): void {
  let carry = 1
  for (let i = 1; i <= randomLength; i += 1) {
    const digit = i <= stepLength ? (steps[stepAt + stepLength - i] ?? 0) & 31 : 0
    const sum = (digits[randomLength - i] ?? 0) + digit + carry
    digits[randomLength - i] = sum & 31
    carry = sum >> 5
    if (carry === 0 && i >= stepLength) return
  }
}

function encodeTime(ms: number): string {
  let text = ''
  let rest = ms
  for (let i = 0; i < timeLength; i += 1) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function encodeDigits(digits: Uint8Array): string {
  let text = ''
  for (const digit of digits) text += alphabet.charAt(digit)
  return text
}
