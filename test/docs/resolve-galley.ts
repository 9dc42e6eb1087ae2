/** Preloaded into apps of the documentation: resolves `galley` to its sources, as an installed package would be. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { galleyEntries } from './galley-entries.ts'

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = galleyEntries.get(specifier)
    return nextResolve(source === undefined ? specifier : pathToFileURL(source).href, context)
  },
})
