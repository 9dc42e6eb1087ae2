const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeLength = 10
const randomLength = 16

/** The ids that a client may choose. */
export const idPattern = /^[0-9A-Za-z]{26}$/

/**
 * Makes ids that sort by the time of their making: ULIDs (26 characters of Crockford's base 32, 48
 * bits of milliseconds before 80 random bits). Ids of one source always rise, even within a
 * millisecond and when the clock steps back, because the random part counts on.
 */
export function createIds(
  now: () => number,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): () => string {
  let lastMs = -1
  let time = ''
  const digits = new Uint8Array(randomLength)
  return function id() {
    const ms = now()
    if (ms > lastMs) {
      lastMs = ms
      time = encodeTime(ms)
      random(digits)
      // The first digit keeps room for counting: it would take 2^75 ids in a millisecond to overflow.
      for (let i = 0; i < randomLength; i += 1) digits[i] = (digits[i] ?? 0) & (i === 0 ? 15 : 31)
    } else {
      increment(digits)
    }
    return time + encodeDigits(digits)
  }
}

function increment(digits: Uint8Array): void {
  for (let i = randomLength - 1; i >= 0; i -= 1) {
    const next = ((digits[i] ?? 0) + 1) & 31
    digits[i] = next
    if (next !== 0) return
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
