/** `galley export COLLECTION`: writes the rows of a running server to standard output. */
import { once } from 'node:events'
import process from 'node:process'
import { type Api, apiOf, apiOptions, repeat, send } from '../api.ts'
import { type Command, UsageError } from '../command.ts'
import { parseArguments } from '../parse.ts'
import { linesOf } from './lines.ts'
import { createProgress } from './progress.ts'

const options = {
  ...apiOptions,
  fields: { type: 'string' },
  filter: { type: 'string', multiple: true, default: [] as string[] },
  after: { type: 'string' },
} as const

export const exportCommand: Command = {
  name: 'export',
  usage: "COLLECTION [--url URL] [--key KEY] [--fields FIELDS] [--filter 'price[$gte]=3'] [--after CREATED_AT,ID]",
  summary: 'Write the rows of a running server to standard output as NDJSON. A broken connection is continued.',
  async run(args) {
    const { values, positionals } = parseArguments(args, options, ['the name of a collection'])
    const query = new URLSearchParams(values.filter.map(filterOf))
    if (values.fields !== undefined) query.set('fields', values.fields)
    if (values.after !== undefined) query.set('after', values.after)
    const path = `/api/${encodeURIComponent(positionals[0] ?? '')}/export`
    const state: State = { rows: 0, query, progress: createProgress() }
    let before = 0
    const wentOn = () => {
      const more = state.rows > before
      before = state.rows
      return more
    }
    await repeat(() => exportRows(apiOf(values), path, state), wentOn)
    state.progress.line(`${state.rows} rows`)
    return 0
  },
}

interface State {
  rows: number
  query: URLSearchParams
  progress: ReturnType<typeof createProgress>
}

async function exportRows(api: Api, path: string, state: State): Promise<void> {
  for await (const line of linesOf(await send(api, `${path}?${state.query}`))) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
    const { createdAt, id } = JSON.parse(line) as { createdAt: string; id: string }
    state.query.set('after', `${createdAt},${id}`)
    state.rows += 1
    state.progress.show(`${state.rows} rows`)
  }
}

/** Turns `price[$gte]=3` into the parameter `filter[price][$gte]`. */
function filterOf(text: string): [string, string] {
  const [, field, operator = '', value = ''] = /^(\w+)((?:\[[^\]]*\])*)=(.*)$/s.exec(text) ?? []
  if (field === undefined) throw new UsageError(`${text} is not a filter: expected FIELD=VALUE or FIELD[$gte]=VALUE.`)
  return [`filter[${field}]${operator}`, value]
}
