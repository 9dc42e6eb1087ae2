import { write, writeSync } from 'node:fs'
import process from 'node:process'

/** Lines wait this long for others, so that a write to the file serves many. */
const flushMs = 50
const flushBytes = 64 * 1024
/** A reader of the log that stands still costs lines, never requests or memory. */
const bufferBytesMax = 4 * 1024 * 1024
const standardOutput = 1

export interface LogOutput {
  write(line: string, urgent: boolean): void
  /** How many lines were lost because nobody took them. */
  dropped(): number
}

/** Standard output as the log's, written off the thread; what is left at the end is written at once. */
export function createLogOutput(): LogOutput {
  let buffer = ''
  let isWriting = false
  let dropped = 0
  let timer: NodeJS.Timeout | null = null

  function flush(): void {
    if (timer) clearTimeout(timer)
    timer = null
    if (isWriting || buffer === '') return
    isWriting = true
    writeAll(Buffer.from(buffer), () => {
      isWriting = false
      if (buffer.length >= flushBytes) flush()
      else if (buffer !== '') timer ??= setTimeout(flush, flushMs)
    })
    buffer = ''
  }

  process.on('exit', () => {
    try {
      if (buffer !== '') writeSync(standardOutput, buffer)
    } catch {
      // Nobody reads it any more.
    }
  })

  return {
    write(line, urgent) {
      if (buffer.length + line.length > bufferBytesMax) {
        dropped += 1
        return
      }
      buffer += line
      if (urgent || buffer.length >= flushBytes) flush()
      else timer ??= setTimeout(flush, flushMs)
    },
    dropped: () => dropped,
  }
}

/** Again and again until all is taken. A pipe may be full for a while; what fails otherwise is lost. */
function writeAll(bytes: Buffer, done: () => void): void {
  write(standardOutput, bytes, (error, written) => {
    if (error && (error as { code?: string }).code === 'EAGAIN') setTimeout(() => writeAll(bytes, done), flushMs)
    else if (!error && written < bytes.byteLength) writeAll(bytes.subarray(written), done)
    else done()
  })
}
