import { AppError } from '../errors.ts'

export interface FairQueueOptions {
  /** Tasks that run at a time. */
  runningMax: number
  /** Tasks that wait. */
  waitingMax: number
}

/** Urgent tasks and others take turns, so that neither can keep the other waiting. */
export type Lane = 'urgent' | 'usual'

/**
 * Runs a few tasks at a time. Those that wait are in groups, which may be in larger groups, as clients are in networks.
 * At each level the groups take turns, so a group with many tasks delays the others by one turn. When too many wait, the
 * largest group loses its newest task.
 */
export class FairQueue {
  readonly #runningMax: number
  readonly #waitingMax: number
  #running = 0
  readonly #lanes: Record<Lane, Group> = { urgent: new Group(), usual: new Group() }
  #nextLane: Lane = 'urgent'

  constructor({ runningMax, waitingMax }: FairQueueOptions) {
    this.#runningMax = runningMax
    this.#waitingMax = waitingMax
  }

  /**
   * Runs a task when its turn has come.
   * @param path the groups of the task, the largest first
   * @throws AppError `busy` when too many tasks of its group wait
   */
  async run<T>(lane: Lane, path: readonly string[], work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#runningMax) await this.#wait(lane, path)
    else this.#running += 1
    try {
      return await work()
    } finally {
      // Passes the turn on directly, so that newer tasks can't overtake.
      const next = this.#next()
      if (next === null) this.#running -= 1
      else next.resolve()
    }
  }

  #wait(lane: Lane, path: readonly string[]): Promise<void> {
    const turn = Promise.withResolvers<void>()
    const { urgent, usual } = this.#lanes
    this.#lanes[lane].add(path, turn)
    if (urgent.size + usual.size > this.#waitingMax) {
      const fuller = urgent.largestSize > usual.largestSize ? urgent : usual
      fuller.removeNewest().reject(new AppError('busy', undefined, { headers: { 'Retry-After': '2' } }))
    }
    return turn.promise
  }

  #next(): Turn | null {
    const lane = this.#lanes[this.#nextLane].size > 0 ? this.#nextLane : otherLane[this.#nextLane]
    if (this.#lanes[lane].size === 0) return null
    this.#nextLane = otherLane[lane]
    return this.#lanes[lane].takeNext()
  }
}

const otherLane = { urgent: 'usual', usual: 'urgent' } as const

type Turn = PromiseWithResolvers<void>

/** Tasks that wait, or groups of them. */
class Group {
  size = 0
  readonly #turns: Turn[] = []
  /** The group whose turn is next comes first. */
  readonly #groups = new Map<string, Group>()

  /** The size of the largest group in it. */
  get largestSize(): number {
    return this.#largest()?.[1].size ?? 0
  }

  add([name, ...inner]: readonly string[], turn: Turn): void {
    this.size += 1
    if (name === undefined) {
      this.#turns.push(turn)
      return
    }
    const group = this.#groups.get(name) ?? new Group()
    this.#groups.set(name, group)
    group.add(inner, turn)
  }

  /** Takes the next task out of a group that is not empty; its inner group goes to the end. */
  takeNext(): Turn {
    this.size -= 1
    const [first] = this.#groups
    if (first === undefined) return this.#turns.shift() as Turn
    const [name, group] = first
    this.#groups.delete(name)
    if (group.size > 1) this.#groups.set(name, group)
    return group.takeNext()
  }

  /** Takes the newest task out of the largest inner group. */
  removeNewest(): Turn {
    this.size -= 1
    const largest = this.#largest()
    if (largest === null) return this.#turns.pop() as Turn
    const [name, group] = largest
    if (group.size === 1) this.#groups.delete(name)
    return group.removeNewest()
  }

  /** The last of those that are equal, which is most often the newest. */
  #largest(): [string, Group] | null {
    let largest: [string, Group] | null = null
    for (const entry of this.#groups) if (largest === null || entry[1].size >= largest[1].size) largest = entry
    return largest
  }
}
