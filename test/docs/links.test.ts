import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../harness/server.ts'
import { type Page, readPages } from './pages.ts'

const link = /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g
/** `NAME` stands for a name that the reader chooses. */
const repositoryPath = /`((?:src|adapters|test|bench|docs|examples)\/(?!\S*NAME)[\w./-]+)`/g

describe.each(readPages())('$path', (page) => {
  test('its links lead somewhere', () => {
    const broken = [...page.text.matchAll(link)].filter(([, path = '', anchor]) => !isResolved(page, path, anchor))
    expect(broken.map(([text]) => text)).toEqual([])
  })

  test('the files that it names exist', () => {
    const named = [...page.text.matchAll(repositoryPath)].map(([, path = '']) => path)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

function isResolved(page: Page, path: string, anchor: string | undefined): boolean {
  const file = path === '' ? page.path : join(dirname(page.path), path)
  if (!existsSync(join(root, file))) return false
  const target = readPages().find((each) => each.path === file)
  return anchor === undefined || target === undefined || anchorsOf(target).includes(anchor)
}

/** The anchors that GitHub gives to headings. */
function anchorsOf({ text }: Page): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}
