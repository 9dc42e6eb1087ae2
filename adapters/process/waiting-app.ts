import { goaway } from '../../src/connections/close-codes.ts'
import { isUpgrade } from '../../src/connections/upgrade.ts'
import type { ChannelConnection, MessageServer } from './listening.ts'

const code = 1013
const reason = 'The server is about to start.'

const closedConnection: ChannelConnection = {
  charge() {},
  hold() {},
  receive() {},
  malformed() {},
  heard() {},
  drained() {},
  halfClosed() {},
  closed() {},
  end() {},
}

/** Closes message connections while there is no app yet; their clients try again. */
export const waitingApp: Pick<MessageServer, 'admit' | 'connections'> = {
  admit: (request, peer) => (isUpgrade(request) ? peer : null),
  connections: {
    open(channel) {
      channel.send(channel.format.encode(goaway(code, reason)))
      channel.close(code, reason)
      return closedConnection
    },
  },
}
