import { goaway } from '../src/messages/ends.ts'
import type { Answering, ChannelSession } from './listening.ts'

const code = 1013
const reason = 'The server is about to start.'

const over: ChannelSession = {
  receive() {},
  broken() {},
  heard() {},
  drained() {},
  ended() {},
  closed() {},
  refuse() {},
}

/** Sends sessions away while there is no app that could have them; their clients try again. */
export const lobby: Pick<Answering, 'admits' | 'sessions'> = {
  admits: ({ headers }, peer) => (headers.has('sec-websocket-key') ? peer : null),
  sessions: {
    open(channel) {
      channel.send(channel.format.encode(goaway(code, reason)))
      channel.close(code, reason)
      return over
    },
  },
}
