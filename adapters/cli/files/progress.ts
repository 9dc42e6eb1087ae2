import process from 'node:process'

const everyMs = 500

/** Shows how far a command has come on standard error: in place on a terminal, else only at the end. */
export function createProgress() {
  let shownMs = 0
  const clear = () => {
    if (process.stderr.isTTY && shownMs > 0) process.stderr.write('\r\u001b[K')
  }
  return {
    show(text: string): void {
      const nowMs = performance.now()
      if (!process.stderr.isTTY || nowMs - shownMs < everyMs) return
      shownMs = nowMs
      process.stderr.write(`\r\u001b[K${text}`)
    },
    line(text: string): void {
      clear()
      process.stderr.write(`${text}\n`)
    },
  }
}
