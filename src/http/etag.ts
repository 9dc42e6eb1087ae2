import { listOf, trimBlanks } from '../request/header-value.ts'

/** A row's entity tag (RFC 9110 §8.8.3): its version. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * True if an `If-Match` or `If-None-Match` is `*` or has this tag. `W/` is ignored: compression weakens the tag of a
 * response, and the version is exact anyhow.
 */
export function matchesTag(header: string, tag: string): boolean {
  if (trimBlanks(header) === '*') return true
  return listOf(header).some((candidate) => candidate.replace(/^W\//, '') === tag)
}
