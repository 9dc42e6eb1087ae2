/** A client that writes, and records the acknowledged writes. */
import assert from 'node:assert/strict'
import type { Random } from '../contracts/notifier-random.ts'
import type { SimulatedServer } from './simulated-server.ts'

/** Some publish so much at a time that a few events fill all buffers. */
const largePercent = 20
const largeLengthMax = 60_000
const smallLengthMax = 50

interface Message {
  path: string
  method: string
  body: string | null
  headers: Record<string, string>
  /** Must be found in the history. */
  mark: string
  sentMs: number
}

interface Promised {
  epoch: string
  topic: string
  mark: string
  /** The position of the response; null where it has none. */
  offset: number | null
}

export class Publisher {
  readonly #server: SimulatedServer
  readonly #random: Random
  readonly #lengthMax: number
  readonly #sent: Message[] = []
  readonly #promised: Promised[] = []
  readonly #ids: string[] = []
  #count = 0

  constructor(server: SimulatedServer, random: Random) {
    this.#server = server
    this.#random = random
    this.#lengthMax = random.happens(largePercent) ? largeLengthMax : smallLengthMax
  }

  get promises(): number {
    return this.#promised.length
  }

  /** Sends a message of any kind, without waiting for the response. */
  async publish(): Promise<void> {
    this.#count += 1
    const message = this.#random.happens(50) ? this.#toPlayground() : this.#toTodos()
    this.#sent.push(message)
    await this.#send(message)
  }

  /** Sends something again that was sent before, answered or not. */
  async repeat(): Promise<void> {
    const repeatable = this.#sent.filter(({ headers, path }) => path.includes('topics') || headers['Idempotency-Key'])
    if (repeatable.length > 0) await this.#send(this.#random.pick(repeatable))
  }

  #toPlayground(): Message {
    const mark = `m${this.#count}`
    const data = { mark, text: 'x'.repeat(this.#random.below(this.#lengthMax)) }
    const body = JSON.stringify({ id: mark, type: 'said', data })
    return { path: '/api/topics/playground/events', method: 'POST', body, headers: {}, mark, sentMs: 0 }
  }

  #toTodos(): Message {
    const { method, path } = this.#target()
    const mark = `t${this.#count}`
    const headers: Record<string, string> = this.#random.happens(50) ? { 'Idempotency-Key': mark } : {}
    if (method === 'PATCH' && this.#random.happens(20)) headers['If-Match'] = '"1"'
    const body = method === 'DELETE' ? null : JSON.stringify({ title: mark })
    return { path, method, body, headers, mark, sentMs: 0 }
  }

  #target(): { method: string; path: string } {
    if (this.#ids.length === 0 || this.#random.happens(50)) return { method: 'POST', path: '/api/todos' }
    const method = this.#random.happens(60) ? 'PATCH' : 'DELETE'
    return { method, path: `/api/todos/${this.#random.pick(this.#ids)}` }
  }

  async #send({ path, method, body, headers, mark }: Message): Promise<void> {
    const { app } = this.#server
    if (app === null) return
    const epoch = this.#server.epoch()
    const response = await app.fetch(new Request(`http://localhost${path}`, { method, body, headers }))
    if (response.status >= 300 || response.status === 204) return
    const { data } = (await response.json()) as { data: { id?: string; offset?: number; epoch?: string } }
    const topic = path.includes('topics') ? 'playground' : 'todos'
    if (topic === 'todos' && data.id !== undefined) this.#ids.push(data.id)
    // A replayed response may be about what an older epoch did.
    if (response.headers.has('idempotency-replayed') || response.status === 200) return
    this.#promised.push({ epoch: data.epoch ?? epoch, topic, mark, offset: data.offset ?? null })
  }

  /** Fails unless all that was promised has happened, once. */
  check(): void {
    for (const { epoch, topic, mark, offset } of this.#promised) {
      const events = this.#server.history.of(epoch, topic)
      const found = events.findIndex(({ data }) => markOf(data) === mark)
      assert.notEqual(found, -1, `${mark} was promised, but is not in ${topic} of ${epoch}`)
      if (offset !== null) assert.equal(markOf(events[offset - 1]?.data), mark, `${mark} is not at ${offset}`)
    }
  }
}

function markOf(data: unknown): string | undefined {
  const { mark, title } = (data ?? {}) as { mark?: string; title?: string }
  return mark ?? title
}
