import type { Mount } from './folder-assets.ts'

const isPacked = !import.meta.url.endsWith('.ts')
const folder = (path: string) => new URL(path, import.meta.url)

/** The pages and the client of Galley itself. The package has them in one folder (`npm run build`), the repository where they are written. */
export const builtinMounts: readonly Mount[] = isPacked
  ? [{ at: '', folder: folder('../../assets/') }]
  : [
      { at: '', folder: folder('../../src/web/builtin/') },
      { at: 'client/', folder: folder('../../src/client/'), only: /\.js$/ },
      {
        at: 'docs/',
        folder: folder('../../node_modules/swagger-ui-dist/'),
        only: /^swagger-ui(\.css|-bundle\.js)$/,
      },
    ]
