/** In place of parts of zod that nothing here asks for, see wrangler.toml. */
export function fromJSONSchema(): never {
  throw new Error('This part of zod is left out of the Worker.')
}
