import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../harness/server.ts'

/** A fenced code block of a page. */
export interface Block {
  language: string
  /** The file name of a `ts file=main.ts` block; other blocks of the page import it by that name. */
  file: string | null
  code: string
  line: number
}

/** A page of the documentation: README.md, or a file in docs/ or docs/reference/. */
export interface Page {
  /** Relative to the repository. */
  path: string
  text: string
  blocks: readonly Block[]
}

/** Reads README.md and every page directly in docs/ and in docs/reference/. */
export function readPages(): Page[] {
  return ['README.md', ...pagesIn('docs'), ...pagesIn('docs/reference')].map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, blocks: blocksOf(text) }
  })
}

function pagesIn(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'))
  return names.map((name) => `${folder}/${name}`)
}

const fence = /^```(\w*)([^\n]*)\n(.*?)^```$/gms

function blocksOf(text: string): Block[] {
  return [...text.matchAll(fence)].map(({ 1: language = '', 2: attributes = '', 3: code = '', index }) => ({
    language,
    file: /\bfile=(\S+)/.exec(attributes)?.[1] ?? null,
    code,
    line: text.slice(0, index).split('\n').length,
  }))
}
