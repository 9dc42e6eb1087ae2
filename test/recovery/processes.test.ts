/** Real servers that are killed between append and delivery, and real sockets on all ways to follow a topic. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { backup, restore } from '../../adapters/sqlite/backup.ts'
import { createRandom, type Random } from '../contracts/notifier-random.ts'
import { rounds } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import type { Position } from './copy.ts'
import { followers } from './followers.ts'
import { History } from './history.ts'
import { LiveReader } from './live-reader.ts'
import { LiveWriters } from './live-writers.ts'

const topics = ['todos', 'playground']
const responsesMax = 120

/** Reads the history from the files of a stopped server. */
async function absorb(history: History, dataDir: string, folder: string): Promise<void> {
  const copy = join(folder, 'copy')
  await rm(copy, { recursive: true, force: true })
  await cp(dataDir, copy, { recursive: true })
  const connection = new DatabaseSync(join(copy, 'galley.db'))
  history.absorb(connection, String(connection.prepare('select epoch from galley_epoch').get()?.epoch))
  connection.close()
}

async function positionOf(url: string, topic: string): Promise<Position> {
  const response = await fetch(`${url}/api/topics/${topic}/events`)
  return ((await response.json()) as { position: Position }).position
}

interface Scene {
  history: History
  writers: LiveWriters
  readers: LiveReader[]
  random: Random
}

/** Writes and reads until a random response, at which the server is killed. */
async function killAmidst(server: RunningProcess, { writers, readers, random }: Scene): Promise<void> {
  const state = { isGone: false }
  const following = readers.map((reader) => reader.follow(server.url, () => state.isGone))
  const { epoch } = await positionOf(server.url, 'todos')
  await writers.write(server.url, epoch, 1 + random.below(responsesMax), () => server.process.kill('SIGKILL'))
  await server.exited
  state.isGone = true
  for (const reader of readers) reader.leave()
  await Promise.all(following)
}

/** Without further faults all readers reach the end and have the current state. */
async function catchUp({ url }: RunningProcess, { readers }: Scene): Promise<void> {
  const state = { isGone: false }
  const following = readers.map((reader) => reader.follow(url, () => state.isGone))
  for (const reader of readers) await reader.reached(await positionOf(url, reader.copy.topic))
  state.isGone = true
  for (const reader of readers) reader.leave()
  await Promise.all(following)
  const response = await fetch(`${url}/api/todos?limit=1000`)
  const { data, next } = (await response.json()) as { data: { id: string }[]; next: string | null }
  expect(next).toBeNull()
  const stored = Object.fromEntries(data.map((row) => [row.id, row]))
  for (const { copy, name } of readers) {
    if (copy.topic === 'todos') expect(Object.fromEntries(copy.rows), name).toEqual(stored)
  }
}

test.each([
  ['node', rounds({ sampled: 6, full: 20 }), 1],
  ['deno', rounds({ sampled: 4, full: 6 }), 2],
] as const)(
  'no reader on any way loses or repeats an event when the server is killed (%s)',
  async (runtime, kills, seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'galley-killed-'))
    const dataDir = join(folder, 'data')
    const random = createRandom(seed)
    const readers = Object.entries(followers).flatMap(([name, open]) =>
      topics.map((topic) => new LiveReader(name, open, topic, random)),
    )
    const scene: Scene = { history: new History(), writers: new LiveWriters(random), readers, random }
    const start = () => startProcess({ runtime, dataDir, env: { LOG_LEVEL: 'off', HTTP_ENGINE: 'galley' } })
    const servers: RunningProcess[] = []
    try {
      for (let round = 1; round <= kills; round += 1) {
        servers.push(await start())
        await killAmidst(servers.at(-1) as RunningProcess, scene)
        await absorb(scene.history, dataDir, folder)
        for (const { failure, name } of readers) expect(failure, name).toBeNull()
        for (const reader of readers) reader.verify(scene.history)
        if (round === Math.floor(kills / 3)) await backup(dataDir, join(folder, 'backup.db'))
        if (round === Math.floor(kills / 2)) await restore(join(folder, 'backup.db'), dataDir)
      }
      const last = await start()
      servers.push(last)
      await catchUp(last, scene)
      await last.stop()
      await absorb(scene.history, dataDir, folder)
      for (const reader of readers) reader.verify(scene.history)
      scene.writers.verify(scene.history)
      for (const { copy, name } of readers)
        expect(copy.gapEpochs.size, `${name} received the restore as its only gap`).toBe(1)
    } finally {
      for (const server of servers) await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
