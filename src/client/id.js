const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeLength = 10
const randomLength = 16

/** Returns a ULID, like the server. A row with an id chosen beforehand can be sent again without being stored twice. */
export function newId() {
  const random = crypto.getRandomValues(new Uint8Array(randomLength))
  return timeText(Date.now()) + Array.from(random, (byte) => alphabet.charAt(byte & 31)).join('')
}

/** @param {number} ms */
function timeText(ms) {
  const digits = Array.from({ length: timeLength }, (_, index) => Math.floor(ms / 32 ** (timeLength - 1 - index)) % 32)
  return digits.map((digit) => alphabet.charAt(digit)).join('')
}
