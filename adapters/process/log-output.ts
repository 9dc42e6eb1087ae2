/** Lines wait this long for others, so that a write to the file serves many. */
const flushMs = 50
const flushLength = 64 * 1024
/** A reader of the log that stands still costs lines, never requests or memory. */
const bufferLengthMax = 4 * 1024 * 1024
/** What is left at the end may take this long to be written. */
const closeTimeoutMs = 1000

/** Writes some of the bytes to standard output, off the thread, and tells how many. */
export type WriteOutput = (bytes: Uint8Array) => Promise<number>

export interface LogOutput {
  write(line: string, urgent: boolean): void
  /** How many lines were lost because nobody took them. */
  dropped(): number
  /** Writes what is left, if somebody takes it. */
  close(): Promise<void>
}

/** Gathers lines and writes them in order, one write at a time. */
export function createLogOutput(output: WriteOutput): LogOutput {
  let lines: string[] = []
  let length = 0
  let dropped = 0
  let writing: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function writeLines(batch: readonly string[]): Promise<void> {
    try {
      await writeAll(output, new TextEncoder().encode(batch.join('')))
    } catch {
      dropped += batch.length
    }
    writing = null
    if (length >= flushLength) flush()
    else if (length > 0) timer ??= setTimeout(flush, flushMs)
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (writing || lines.length === 0) return
    const batch = lines
    lines = []
    length = 0
    writing = writeLines(batch)
  }

  async function writeRest(): Promise<void> {
    for (flush(); writing; flush()) await writing
  }

  return {
    write(line, urgent) {
      if (length + line.length > bufferLengthMax) {
        dropped += 1
        return
      }
      lines.push(line)
      length += line.length
      if (urgent || length >= flushLength) flush()
      else timer ??= setTimeout(flush, flushMs)
    },
    dropped: () => dropped,
    close: () => Promise.race([writeRest(), new Promise<void>((done) => setTimeout(done, closeTimeoutMs))]),
  }
}

/** Again and again until all is taken; a pipe may be full for a while. */
async function writeAll(output: WriteOutput, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const written = await output(bytes.subarray(at))
    at += written
    if (written === 0) await new Promise((done) => setTimeout(done, flushMs))
  }
}
