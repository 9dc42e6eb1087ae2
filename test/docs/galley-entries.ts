import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  exports: Record<string, { default: string }>
}

/** The package's entries with their source files, such as `galley/node`. */
export const galleyEntries: ReadonlyMap<string, string> = new Map(
  Object.entries(exports).map(([entry, { default: built }]) => {
    const source = built.replace('./dist/', '').replace(/\.js$/, '.ts')
    return [`galley${entry.slice(1)}`, fileURLToPath(new URL(source, root))]
  }),
)
