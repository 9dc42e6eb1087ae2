/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */

const labels = { connecting: 'Connecting …', connected: 'Live', offline: 'Offline', closed: 'Disconnected' }
const tooltips = {
  connecting: 'Connecting to the server',
  connected: 'Changes made elsewhere appear at once',
  offline: 'No connection to the server. The page tries again by itself.',
  closed: 'The server closed the connection. Reload the page to connect again.',
}

/** Shows the status of the connection in an element. @param {MessageClient} client @param {HTMLElement} element */
export function showConnectionStatus(client, element) {
  const paint = () => {
    const { state } = client.status
    // Attempts to reconnect do not flicker: the page is offline until one succeeds.
    const shown = state === 'connecting' && element.dataset.state === 'offline' ? 'offline' : state
    if (element.dataset.state === shown && element.textContent === labels[shown]) return
    element.dataset.state = shown
    element.textContent = labels[shown]
    element.title = tooltips[shown]
  }
  client.addEventListener('status', paint)
  paint()
}
