/** A stub for parts of zod that Galley does not use, see wrangler.toml. */
export function fromJSONSchema(): never {
  throw new Error('This part of zod is not included in the Worker.')
}
