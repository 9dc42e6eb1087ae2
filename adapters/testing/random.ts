/** Randomness that is the same in every run, by xorshift32 (Marsaglia 2003). */
export function createRandom(seed: number): (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  // Zero would stay zero.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return (bytes) => {
    for (let index = 0; index < bytes.byteLength; index += 1) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[index] = state >>> 24
    }
    return bytes
  }
}
