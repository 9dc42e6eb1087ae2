/** Messages between the pages of one browser: the signed-in user may have changed. */
const channel = new BroadcastChannel('galley-account')

export function notifyPages() {
  channel.postMessage('changed')
}

/** Calls the listener when another page notifies. @param {() => void} listener */
export function onAccountChange(listener) {
  channel.addEventListener('message', () => listener())
}
