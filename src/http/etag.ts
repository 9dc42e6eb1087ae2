/** A row's entity tag (RFC 9110 §8.8.3): its version. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * Whether one of the tags of an `If-Match` or `If-None-Match` is this one, or the header is `*`.
 * `W/` is ignored in both: compression weakens a tag on its way out, and the version is exact anyhow.
 */
export function matchesTag(header: string, tag: string): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag)
}
