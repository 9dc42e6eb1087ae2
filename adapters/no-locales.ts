/** In place of zod's locales in a Worker, see wrangler.toml; its English ones come from elsewhere. */
export default null
