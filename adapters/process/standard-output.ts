import { write } from 'node:fs'

const standardOutput = 1

/** Writes to standard output; resolves with 0 when a pipe is full, so that the caller tries again. */
export function writeOutput(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(standardOutput, bytes, (error, written) => {
      if (error && error.code !== 'EAGAIN') reject(error)
      else resolve(error ? 0 : written)
    })
  })
}
