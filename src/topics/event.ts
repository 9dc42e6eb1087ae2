import { isoTime } from '../iso-time.ts'

/** One event of a topic, as all its readers share it. */
export class TopicEvent {
  readonly topic: string
  /** 1, 2, 3 … without a hole. */
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

  /** The event in another form, such as a frame of bytes, made once however many readers want it. */
  as<T>(form: (event: TopicEvent) => T): T {
    this.#forms ??= new Map()
    const known = this.#forms.get(form)
    if (known !== undefined) return known as T
    const made = form(this)
    this.#forms.set(form, made)
    return made
  }
}

/** What a reader who knows the topic is given, as JSON text: `{offset, type, at, data}`. */
export function eventText({ offset, type, atMs, json }: TopicEvent): string {
  return `{"offset":${offset},"type":${JSON.stringify(type)},"at":"${isoTime(atMs)}","data":${json}}`
}
