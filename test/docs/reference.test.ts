/**
 * The reference is complete: each member of a public interface is a row of the page that describes it, and each export of the package
 * is named on a page. Members and exports are read from the sources, so a new one needs its row and nothing here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../harness/server.ts'
import { galleyEntries } from './galley-entries.ts'

/** Of each page, the interfaces that it has the members of. */
const described: Readonly<Record<string, readonly (readonly [file: string, ...interfaces: string[]])[]>> = {
  collection: [
    ['src/collections/declaration.ts', 'CollectionOptions', 'AppDependencies', 'Rows', 'WriteOptions', 'MatchOptions'],
  ],
  field: [
    ['src/collections/fields/column.ts', 'Options'],
    ['src/collections/fields/text.ts', 'TextOptions'],
    ['src/collections/fields/number.ts', 'NumberOptions'],
    ['src/collections/fields/reference.ts', 'ReferenceOptions'],
    ['src/collections/fields/references.ts', 'ReferencesOptions'],
    ['src/collections/fields/list.ts', 'ListOptions'],
    ['src/collections/fields/json.ts', 'JsonOptions'],
  ],
  access: [
    ['src/request/identity.ts', 'Identity'],
    ['src/topics/topic.ts', 'TopicOptions'],
  ],
  hooks: [
    ['src/collections/declaration.ts', 'HookContext', 'AfterContext'],
    ['src/collections/row-types.ts', 'RowChange'],
  ],
  jobs: [
    ['src/jobs/job.ts', 'JobOptions', 'JobContext', 'Backoff'],
    ['src/queue/enqueue.ts', 'EnqueueOptions'],
  ],
  as: [
    ['src/collections/local-client.ts', 'LocalClient', 'LocalCollection', 'List'],
    ['src/collections/list-options.ts', 'ListOptions'],
  ],
  'create-app': [
    ['src/app/options.ts', 'AppOptions'],
    ['src/app.ts', 'App', 'Started'],
  ],
  migrations: [
    ['src/app/migrate.ts', 'Changes'],
    ['src/app/seed.ts', 'SeedContext', 'Seeded'],
  ],
  platform: [
    ['src/ports/platform.ts', 'Platform', 'AccountSettings', 'ConnectionSettings', 'Settings'],
    ['src/ports/webhook-sender.ts', 'WebhookSender', 'WebhookMessage', 'WebhookResponse'],
    ['src/ports/database.ts', 'Database', 'Statement'],
  ],
  serving: [
    ['adapters/process/run.ts', 'ServeOptions'],
    ['src/ports/assets.ts', 'ImmutableFiles'],
    ['adapters/workers/serve.ts', 'WorkerExports'],
    ['adapters/tcp/options.ts', 'ServeOptions'],
    ['adapters/tcp/serve.ts', 'Server'],
  ],
  testing: [
    ['adapters/testing/on-workers.ts', 'TestOptions', 'TestServer'],
    ['adapters/testing/test-user.ts', 'TestUser', 'UserOptions'],
  ],
}

const cases = Object.entries(described).flatMap(([page, files]) =>
  files.flatMap(([file, ...interfaces]) => interfaces.map((name) => ({ page, file, name }))),
)

test.each(cases)('docs/reference/$page.md has the members of $name in $file', ({ page, file, name }) => {
  const members = membersOf(read(file), name)
  expect(members.length).toBeGreaterThan(0)
  const text = pageText(page)
  expect(members.filter((member) => !text.includes(`\n| \`${member}\` |`))).toEqual([])
})

test('docs/reference/field.md has every kind', () => {
  const kinds = [...read('src/collections/fields/index.ts').matchAll(/export \{ (\w+) \}/g)].map(([, kind]) => kind)
  expect(kinds.length).toBeGreaterThan(5)
  expect(kinds.filter((kind) => !pageText('field').includes(`\n| \`field.${kind}\` |`))).toEqual([])
})

test.each([...galleyEntries])('a page of the reference names every export of %s', (_, source) => {
  const pages = Object.keys(described).map(pageText).join('\n')
  const code = [...pages.matchAll(/`[^`\n]+`/g)].join('\n')
  const names = exportsOf(readFileSync(source, 'utf8'))
  expect(names.length).toBeGreaterThan(0)
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
})

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function pageText(page: string): string {
  return read(`docs/reference/${page}.md`)
}

/** The names that are indented by one step between the braces of an interface. */
function membersOf(source: string, name: string): string[] {
  const [, body = ''] = new RegExp(`^(?:export )?interface ${name}\\b.*?\\{\\n(.*?)^\\}`, 'ms').exec(source) ?? []
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, member = '']) => member)
}

/** The names of `export { … }` and of exported declarations. */
function exportsOf(source: string): string[] {
  const listed = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','))
  const declared = [...source.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)]
  const names = listed.map((each) =>
    each
      .trim()
      .replace(/^type /, '')
      .replace(/^.* as /, ''),
  )
  return [...names, ...declared.map(([, name = '']) => name)].filter((name) => name !== '')
}
