/** Clients that write to a real server until it exits, and record the acknowledged writes. */
import assert from 'node:assert/strict'
import type { Random } from '../contracts/notifier-random.ts'
import type { History } from './history.ts'

interface Promised {
  epoch: string
  topic: string
  mark: string
}

const writers = 8
/** In place of a mark. */
const blanked = ''

export class LiveWriters {
  readonly #random: Random
  readonly #promised: Promised[] = []
  readonly #open = new Set<string>()
  readonly #ids: string[] = []
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  get promises(): number {
    return this.#promised.length
  }

  /** Writes until this many writes have responses, which it reports, or the server has exited. Repeats unanswered writes first. */
  async write(url: string, epoch: string, responsesMax: number, onEnough: () => void): Promise<void> {
    let answered = 0
    const again = [...this.#open]
    const writeOne = async () => {
      while (answered < responsesMax) {
        await this.#writeOne(url, epoch, again.pop())
        answered += 1
        if (answered === responsesMax) onEnough()
      }
    }
    await Promise.allSettled(Array.from({ length: writers }, writeOne))
  }

  async #writeOne(url: string, epoch: string, again: string | undefined): Promise<void> {
    if (again !== undefined || this.#random.happens(60)) return this.#publish(url, epoch, again)
    this.#count += 1
    const mark = `t${this.#count}`
    const id = this.#random.happens(50) ? this.#ids[this.#random.below(this.#ids.length)] : undefined
    const request = { method: id === undefined ? 'POST' : 'PATCH', body: JSON.stringify({ title: mark }) }
    const response = await fetch(`${url}/api/todos${id === undefined ? '' : `/${id}`}`, request)
    const { data } = (await response.json()) as { data?: { id: string } }
    if (!response.ok || data === undefined) return
    this.#ids.push(data.id)
    this.#promised.push({ epoch, topic: 'todos', mark })
  }

  async #publish(url: string, epoch: string, again?: string): Promise<void> {
    this.#count += 1
    const mark = again ?? `m${this.#count}`
    this.#open.add(mark)
    const body = JSON.stringify({ id: mark, type: 'said', data: { title: mark } })
    const response = await fetch(`${url}/api/topics/playground/events`, { method: 'POST', body })
    await response.json()
    if (!response.ok) return
    this.#open.delete(mark)
    this.#promised.push({ epoch, topic: 'playground', mark })
  }

  /** Fails unless each acknowledged write is stored once. Events that a later change of their row blanked are known by number alone. */
  verify(history: History): void {
    const counts = new Map<string, number>()
    const key = (epoch: string, topic: string, mark: unknown) => `${epoch} ${topic} ${String(mark)}`
    for (const { epoch, topic } of new Map(this.#promised.map((each) => [each.epoch + each.topic, each])).values()) {
      for (const { data } of history.of(epoch, topic)) {
        const name = key(epoch, topic, data === null ? blanked : (data as { title: string }).title)
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
    for (const { epoch, topic, mark } of this.#promised) {
      const blanks = key(epoch, topic, blanked)
      const isBlanked = !counts.has(key(epoch, topic, mark)) && (counts.get(blanks) ?? 0) > 0
      if (isBlanked) counts.set(blanks, (counts.get(blanks) ?? 0) - 1)
      const times = isBlanked ? 1 : counts.get(key(epoch, topic, mark))
      assert.equal(times, 1, `${mark} was promised, and is in ${topic} ${times ?? 0} times`)
    }
  }
}
