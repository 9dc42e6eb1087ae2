/** The commands and reports between the processes of a run: lines of JSON on standard input and output. */

export interface Ports {
  plain: number
  secure: number
  /** The one that takes few connections. */
  small: number
}

export type ServerOrder = { id: number } & ({ do: 'status' } | { do: 'measure' } | { do: 'close' })

/** How many there are, by name. What is not there is not named. */
export type Counts = Record<string, number>

/** After the garbage is collected. */
export interface Memory {
  heapUsed: number
  rss: number
  arrayBuffers: number
  /** Objects of the engine that are still reachable, by class. */
  objects: Counts
  /** The resources that keep the event loop alive, by kind. */
  resources: Counts
}

export interface Ready {
  pid: number
  ports: Ports
}

export interface ClientOrder {
  id: number
  do: 'phase'
  phase: number
  seed: number
  users: number
  seconds: number
  ports: Ports
  /** The kinds of traffic; all when there is none. */
  only: readonly string[]
}

/** Something that must not happen. The seed gives the same choices again, though not the same timing. */
export interface Finding {
  phase: number
  seed: number
  /** The kind of traffic, or the part of the server. */
  where: string
  what: string
}

export interface PhaseResult {
  /** Well-formed requests whose response was awaited, and those whose response came and was right. */
  asked: number
  answered: number
  /** How often each kind of traffic was played. */
  played: Record<string, number>
  /** Whatever else is worth a number. */
  noted: Record<string, number>
  findings: readonly Finding[]
}
