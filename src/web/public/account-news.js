/** What the pages of one browser tell each other: somebody has signed in or out. */
const channel = new BroadcastChannel('galley-account')

export function tellPages() {
  channel.postMessage('changed')
}

/** Calls back when another page tells. @param {() => void} listener */
export function onAccountNews(listener) {
  channel.addEventListener('message', () => listener())
}
