/** Finds a member of a CBOR map without decoding its value. The bytes are a message that `cborFormat.decode` takes. */

const majorText = 3
const majorArray = 4
const majorMap = 5

const utf8 = new TextDecoder()

/** The head of an item (RFC 8949 §3): its major type, its argument, and the index behind it. */
interface Head {
  major: number
  argument: number
  end: number
}

/** Returns the encoded value; null when there is none. */
export function memberBytes(message: Uint8Array, name: string): Uint8Array | null {
  const map = headAt(message, 0)
  if (map.major !== majorMap) return null
  let at = map.end
  for (let left = map.argument; left > 0; left -= 1) {
    const key = headAt(message, at)
    const start = key.end + key.argument
    const end = itemEnd(message, start)
    if (utf8.decode(message.subarray(key.end, start)) === name) return message.subarray(start, end)
    at = end
  }
  return null
}

function headAt(bytes: Uint8Array, at: number): Head {
  const first = bytes[at] as number
  const info = first & 31
  const size = info < 24 ? 0 : 2 ** (info - 24)
  let argument = info < 24 ? info : 0
  for (let index = at + 1; index <= at + size; index += 1) argument = argument * 256 + (bytes[index] as number)
  return { major: first >> 5, argument, end: at + 1 + size }
}

/** The index behind an item and all that it contains. */
function itemEnd(bytes: Uint8Array, start: number): number {
  let at = start
  for (let left = 1; left > 0; left -= 1) {
    const { major, argument, end } = headAt(bytes, at)
    at = major === majorText ? end + argument : end
    if (major === majorArray) left += argument
    else if (major === majorMap) left += 2 * argument
  }
  return at
}
