/** Loaded before a server: on SIGUSR2 it collects the garbage and writes its memory to DATA_DIR/memory.json. */
import { renameSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

interface Collector {
  gc?: (() => void) | undefined
  Bun?: { gc(isSynchronous: boolean): void } | undefined
}

/** One collection may free objects only for the next to find. */
const collections = 5

process.on('SIGUSR2', () => void writeMemory())

async function writeMemory(): Promise<void> {
  for (let left = collections; left > 0; left--) {
    collect(globalThis)
    await nextTurn()
  }
  const { rss, heapUsed } = process.memoryUsage()
  const file = `${process.env.DATA_DIR}/memory.json`
  // Renamed into place, so that a waiting process never reads a part of it.
  writeFileSync(`${file}.new`, JSON.stringify({ rss, heapUsed }))
  renameSync(`${file}.new`, file)
}

function collect({ gc, Bun }: Collector): void {
  if (Bun) Bun.gc(true)
  else gc?.()
}
