/** The page's connection to its server: one WebSocket. */
import { MessageClient } from '/client/message-client.js'

export function createPageClient() {
  const client = new MessageClient(dial, `page ${location.pathname}`)
  addEventListener('online', () => client.wake())
  // The browser may be wrong about a loss, as for a server on this machine: check.
  addEventListener('offline', () => client.wake())
  document.addEventListener('visibilitychange', () => document.hidden || client.wake())
  addEventListener('pageshow', ({ persisted }) => persisted && client.wake())
  return client
}

/** @type {import('/client/message-client.js').Dial} */
function dial(listener) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/connect`, 'galley.v1.json')
  socket.addEventListener('open', () => listener.opened())
  socket.addEventListener('message', ({ data }) => listener.message(data))
  socket.addEventListener('close', ({ code, reason }) => listener.closed(code, reason))
  return {
    send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
    close: () => socket.close(1000),
  }
}
