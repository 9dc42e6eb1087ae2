/** Compares the output of a command with the output that a page shows, in which `…` stands for anything. */

/** Returns whether the lines of a page match the first lines of an output. A line of `…` alone matches any lines. */
export function matchesText(expected: string, actual: string): boolean {
  const pattern = expected
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?.*' : patternOf(line)))
    .join('\\n')
  return new RegExp(`^${pattern}(?:\\n|$)`).test(actual.replaceAll('\r', ''))
}

/** Returns whether a JSON text has the values of a page. A bare `…` matches any value, or the rest of an array. */
export function matchesJson(expected: string, actual: string): boolean {
  return matches(JSON.parse(expected.replaceAll(/("[^"]*")|…/g, (_, text) => text ?? '"…"')), JSON.parse(actual))
}

function patternOf(text: string): string {
  return RegExp.escape(text).replaceAll('…', '.*')
}

function matches(expected: unknown, actual: unknown): boolean {
  if (typeof expected === 'string') {
    return expected === '…' || (typeof actual === 'string' && new RegExp(`^${patternOf(expected)}$`, 's').test(actual))
  }
  if (Array.isArray(expected)) return Array.isArray(actual) && matchesItems(expected, actual)
  if (typeof expected !== 'object' || expected === null) return expected === actual
  if (typeof actual !== 'object' || actual === null) return false
  const names = Object.keys(expected)
  return (
    names.length === Object.keys(actual).length &&
    names.every((name) => name in actual && matches(member(expected, name), member(actual, name)))
  )
}

function matchesItems(expected: readonly unknown[], actual: readonly unknown[]): boolean {
  const isOpen = expected.at(-1) === '…'
  const items = isOpen ? expected.slice(0, -1) : expected
  if (isOpen ? actual.length < items.length : actual.length !== items.length) return false
  return items.every((item, index) => matches(item, actual[index]))
}

function member(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name]
}
