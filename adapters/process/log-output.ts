/** Lines wait this long for others, so that they share a write. */
const flushMs = 50
const flushLength = 64 * 1024
/** More waiting lines are dropped: an unread log must cost neither requests nor memory. */
const bufferLengthMax = 4 * 1024 * 1024
/** The last lines must be written within this time at the end. */
const closeTimeoutMs = 1000

/** Writes some of the bytes to standard output, off the thread, and resolves with their number. */
export type WriteOutput = (bytes: Uint8Array) => Promise<number>

export interface LogOutput {
  write(line: string, urgent: boolean): void
  /** The number of dropped lines. */
  dropped(): number
  /** Writes the waiting lines, within a time-out. */
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

/** Repeats the write until all bytes are taken; a pipe may be full for a while. */
async function writeAll(output: WriteOutput, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const written = await output(bytes.subarray(at))
    at += written
    if (written === 0) await new Promise((done) => setTimeout(done, flushMs))
  }
}
