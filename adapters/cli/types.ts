/** `galley types`: prints the types of the rows of a server, for clients that do not import its code. */
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteDatabase } from '../sqlite/database.ts'
import { apiOf, apiOptions, send } from './api.ts'
import { appOption, createCommandPlatform, loadApp } from './app-module.ts'
import type { Command } from './command.ts'
import { parseArguments } from './parse.ts'
import { type Description, printTypes } from './print-types.ts'

export const typesCommand: Command = {
  name: 'types',
  usage: '[--url URL [--key KEY] | --app ./app.ts]',
  summary: 'Print the TypeScript types of the rows, of a running server or of an app.',
  async run(args) {
    const { values } = parseArguments(args, { ...apiOptions, ...appOption })
    const response =
      values.url === undefined ? await describeApp(values.app) : await send(apiOf(values), '/openapi.json')
    process.stdout.write(printTypes((await response.json()) as Description))
    return 0
  },
}

async function describeApp(path: string): Promise<Response> {
  const makeApp = await loadApp(path)
  const database = createSqliteDatabase(new DatabaseSync(':memory:'))
  try {
    return await makeApp(createCommandPlatform(database)).request('/openapi.json')
  } finally {
    await database.close()
  }
}
