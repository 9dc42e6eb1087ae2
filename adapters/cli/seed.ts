/** `galley seed`: runs the seed of the app on DATA_DIR. */
import process from 'node:process'
import { appOption, createCommandPlatform, loadApp, openOwnDirectory } from './app-module.ts'
import type { Command } from './command.ts'
import { parseArguments } from './parse.ts'

export const seedCommand: Command = {
  name: 'seed',
  usage: '[--app ./app.ts]',
  summary: 'Put the seed of the app into DATA_DIR, while the server does not run. A repeat changes only what differs.',
  async run(args) {
    const { values } = parseArguments(args, appOption)
    const makeApp = await loadApp(values.app)
    const database = openOwnDirectory()
    try {
      const app = makeApp(createCommandPlatform(database))
      await app.start()
      const { created, updated, unchanged } = await app.seed().finally(() => app.stop())
      process.stdout.write(`${created} created, ${updated} changed, ${unchanged} unchanged\n`)
    } finally {
      await database.close()
    }
    return 0
  },
}
