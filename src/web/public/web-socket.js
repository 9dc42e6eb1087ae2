/** How a page reaches its server: one WebSocket, and a look at what the browser says of the network. */
import { Live } from './live.js'

export function connectPage() {
  const live = new Live(dial, `page ${location.pathname}`)
  addEventListener('online', () => live.wake())
  // What is said of a loss may be wrong, as for a server on this machine: so look.
  addEventListener('offline', () => live.wake())
  document.addEventListener('visibilitychange', () => document.hidden || live.wake())
  addEventListener('pageshow', ({ persisted }) => persisted && live.wake())
  return live
}

/** @type {import('./live.js').Dial} */
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
