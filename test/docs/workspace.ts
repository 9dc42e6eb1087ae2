import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../harness/server.ts'
import { galleyEntries } from './galley-entries.ts'
import type { Block, Page } from './pages.ts'

/** The TypeScript blocks of the pages as files: a folder a page, a module a block. */
export interface Workspace {
  folder: string
  folderOf(page: Page): string
  remove(): Promise<void>
}

export async function createWorkspace(pages: readonly Page[]): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'galley-docs-'))
  const folderOf = ({ path }: Page) => join(folder, path.replace(/\W/g, '-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  for (const page of pages) {
    await mkdir(folderOf(page))
    for (const block of page.blocks.filter(({ language }) => language === 'ts')) {
      await writeFile(join(folderOf(page), fileOf(block, page)), block.code)
    }
  }
  return { folder, folderOf, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A block that a later block of the same file replaces has its own name, so that both are checked. */
function fileOf(block: Block, { blocks }: Page): string {
  const last = blocks.findLast(({ file }) => file === block.file)
  return block.file !== null && last === block ? block.file : `line-${block.line}.ts`
}

const tsconfig = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries([...galleyEntries].map(([name, source]) => [name, [source]])),
  },
  include: ['*/*.ts', join(root, 'adapters/workers/cloudflare.d.ts')],
  exclude: [],
}
