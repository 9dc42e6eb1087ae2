/** A row's entity tag (RFC 9110 §8.8.3): its version. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * True if an `If-Match` or `If-None-Match` is `*` or has this tag. `W/` is ignored: compression weakens the tag of a
 * response, and the version is exact anyhow.
 */
export function matchesTag(header: string, tag: string): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag)
}
