/** An origin of an app in a web view or of a browser extension: URLs of such schemes have no origin of their own. */
const appOrigin =
  /^(?!(?:https?|wss?|ftp|file|blob|data|javascript|about):)[a-z][a-z\d+.-]*:\/\/[a-z\d._-]+(?::\d{1,5})?$/

/** True if browsers send this text as `Origin`: `https://app.example`, `capacitor://localhost`, `chrome-extension://ID`. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) ? URL.parse(text)?.origin === text : appOrigin.test(text)
}
