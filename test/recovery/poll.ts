import type { LoggedEvent, Position } from './copy.ts'
import type { Way } from './reader.ts'

interface PollResponse {
  data: LoggedEvent[]
  position: Position
  reason?: string
}

/** By long poll, one after the other until one is answered with nothing. */
export const followByPoll: Way = async (reader, connection) => {
  const { copy } = reader
  for (let isFirst = true; ; isFirst = false) {
    await connection.ready()
    const client = new AbortController()
    connection.onEnd(() => client.abort())
    const query = copy.position
      ? `?after=${copy.position.offset}&epoch=${copy.position.epoch}&wait=25&limit=${1 + (copy.position.offset % 7)}`
      : ''
    const response = await reader.ask(
      new Request(`http://localhost/api/topics/${copy.topic}/events${query}`, { signal: client.signal }),
    )
    await connection.ready()
    if (connection.isOver || (response.status !== 200 && response.status !== 410)) return
    const { data, position, reason } = (await response.json()) as PollResponse
    if (connection.isOver) return
    if (reason !== undefined) {
      copy.begin({ position, recovered: false, reason })
      await reader.recover(connection, { position, recovered: false })
      return
    }
    if (isFirst) copy.begin({ position: copy.position ?? position, recovered: true })
    for (const { offset, type, data: row } of data) copy.receive({ offset, type, data: row })
  }
}
