/** Watches the fuzzer from another thread, because one that hangs cannot say so. */
import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { writeFinding } from './corpus.ts'
import { inputBytesMax } from './mutate.ts'

const quietMsMax = 10_000
const headerBytes = 8

interface Watched {
  memory: SharedArrayBuffer
  seed: number
}

/** Notes each input where the other thread can see it. */
export class Watchdog {
  readonly #worker: Worker
  readonly #counters: Int32Array
  readonly #bytes: Uint8Array

  constructor(seed: number) {
    const memory = new SharedArrayBuffer(headerBytes + inputBytesMax)
    this.#counters = new Int32Array(memory, 0, 2)
    this.#bytes = new Uint8Array(memory, headerBytes)
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { memory, seed } satisfies Watched })
    this.#worker.unref()
  }

  note(input: Buffer): void {
    this.#bytes.set(input)
    this.#counters[1] = input.length
    Atomics.add(this.#counters, 0, 1)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

function watch({ memory, seed }: Watched): void {
  const counters = new Int32Array(memory, 0, 2)
  let last = -1
  setInterval(() => {
    const count = Atomics.load(counters, 0)
    if (count !== last) {
      last = count
      return
    }
    const path = writeFinding([Buffer.from(new Uint8Array(memory, headerBytes, counters[1]))], seed)
    writeSync(process.stderr.fd, `The parser hangs: ${path}\n`)
    process.kill(process.pid, 'SIGKILL')
  }, quietMsMax)
}

if (!isMainThread) watch(workerData as Watched)
