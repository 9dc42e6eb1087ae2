/** The path of a URL, found without parsing all of it, which would cost more than the rest of admitting a request. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  const end = query === -1 ? url.length : query
  const start = url.indexOf('/', url.indexOf('//') + 2)
  return start === -1 || start > end ? '/' : url.slice(start, end)
}
