import type { LoggedEvent, Start } from './copy.ts'
import type { Way } from './reader.ts'

interface Message {
  id: string
  event: string
  data: unknown
}

/** A parser of server-sent events, as far as this server uses them. */
export function createEventParser(): (chunk: Uint8Array) => Message[] {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data === undefined) return []
      return [{ id: field('id') ?? '', event: field('event') ?? 'message', data: JSON.parse(data) as unknown }]
    })
  }
}

export function startOf(data: unknown): Start {
  const { epoch, offset, ...rest } = data as { epoch: string; offset: number; recovered: boolean; reason?: string }
  return { position: { epoch, offset }, ...rest }
}

/** By server-sent events. */
export const followBySse: Way = async (reader, connection) => {
  const { copy } = reader
  const headers: Record<string, string> = { Accept: 'text/event-stream' }
  if (copy.position) headers['Last-Event-ID'] = `${copy.position.epoch}:${copy.position.offset}`
  const response = await reader.ask(new Request(`http://localhost/api/topics/${copy.topic}/events`, { headers }))
  if (response.status !== 200 || response.body === null) return
  const body = response.body.getReader()
  const giveUp = () => void body.cancel().catch(() => {})
  connection.onEnd(giveUp)
  if (connection.isOver) giveUp()
  const parse = createEventParser()
  let hasReportedGap = false
  for (;;) {
    await connection.ready()
    const { done, value } = await body.read().catch(() => ({ done: true, value: undefined }))
    if (connection.isOver || done || value === undefined) return
    for (const { event, data } of parse(value)) {
      if (event === 'message') copy.receive(eventOf(data))
      else if (event === 'position') copy.begin(startOf(data))
      else if (!hasReportedGap) copy.leap(startOf(data))
      // A gap at the beginning repeats the position.
      hasReportedGap = event === 'position' && !startOf(data).recovered
      const canGoOn = event !== 'gap' || (await reader.recover(connection, startOf(data)))
      if (connection.isOver) return
      if (canGoOn) continue
      giveUp()
      return
    }
  }
}

export function eventOf(data: unknown): LoggedEvent {
  const { offset, type, data: row } = data as LoggedEvent
  return { offset, type, data: row }
}
