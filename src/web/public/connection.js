/** The sign that says whether what the page shows is live. */

/** @typedef {import('./live.js').Live} Live */

const words = { connecting: 'Connecting …', live: 'Live', offline: 'Offline', ended: 'Disconnected' }
const meanings = {
  connecting: 'Looking for the server',
  live: 'Changes made elsewhere appear at once',
  offline: 'No connection to the server. The page tries again by itself.',
  ended: 'The server ended the connection. Reload the page to come back.',
}

/** @param {Live} live @param {HTMLElement} sign */
export function showConnection(live, sign) {
  const paint = () => {
    const { state } = live.status
    // Between two attempts nothing has changed for whoever looks.
    const shown = state === 'connecting' && sign.dataset.state === 'offline' ? 'offline' : state
    if (sign.dataset.state === shown && sign.textContent === words[shown]) return
    sign.dataset.state = shown
    sign.textContent = words[shown]
    sign.title = meanings[shown]
  }
  live.addEventListener('status', paint)
  paint()
}
