import { isoTime } from '../iso-time.ts'

/** One event of a topic, shared by all its readers. */
export class TopicEvent {
  readonly topic: string
  /** 1, 2, 3 … without gaps. */
  readonly offset: number
  readonly type: string
  readonly atMs: number
  /** The data as JSON text. */
  readonly json: string
  #forms: Map<unknown, unknown> | null = null

  constructor(topic: string, offset: number, type: string, atMs: number, json: string) {
    this.topic = topic
    this.offset = offset
    this.type = type
    this.atMs = atMs
    this.json = json
  }

  /** Returns the event in another form, such as a frame of bytes, which is made once for all readers. */
  as<T>(form: (event: TopicEvent) => T): T {
    this.#forms ??= new Map()
    const known = this.#forms.get(form)
    if (known !== undefined) return known as T
    const made = form(this)
    this.#forms.set(form, made)
    return made
  }
}

/** The JSON text of an event for a reader that knows the topic: `{offset, type, at, data}`. */
export function eventText({ offset, type, atMs, json }: TopicEvent): string {
  return `{"offset":${offset},"type":${JSON.stringify(type)},"at":"${isoTime(atMs)}","data":${json}}`
}
