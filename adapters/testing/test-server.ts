/** An app in memory, without a port, for tests in every runner of Node, Deno and Bun. */
import { DatabaseSync } from 'node:sqlite'
import type { Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import type { AppSchema, CheckedOptions } from '../../src/app/options.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import type { Database } from '../../src/ports/database.ts'
import type { Topic } from '../../src/topics/topic.ts'
import { createSqliteDatabase } from '../sqlite/database.ts'
import { type MakeApp, testServer as start, type TestOptions, type TestServer } from './on-workers.ts'

export type { MakeApp, TestOptions, TestServer, TestUser, UserOptions } from './on-workers.ts'

/** Starts an app in memory, of the function that makes it or of its options. Its rate limits are off. */
export function testServer<S extends Schema>(make: MakeApp<S>, options?: Partial<TestOptions>): Promise<TestServer<S>>
export function testServer<
  const C extends readonly AnyCollection[] = readonly [],
  S extends Schema = BlankSchema,
  const T extends readonly Topic[] = readonly [],
>(app?: CheckedOptions<C, S, T>, options?: Partial<TestOptions>): Promise<TestServer<AppSchema<C, S, T>>>
export async function testServer(
  given?: MakeApp<Schema> | CheckedOptions<readonly AnyCollection[], BlankSchema, readonly Topic[]>,
  { database = openMemory(), ...more }: Partial<TestOptions> = {},
): Promise<TestServer<Schema>> {
  const options = { database, ...more }
  const app: TestServer<Schema> =
    typeof given === 'function' ? await start(given, options) : await start(given, options)
  const { stop } = app
  return Object.assign(app, {
    async stop() {
      await stop().finally(() => database.close())
    },
  })
}

function openMemory(): Database {
  const connection = new DatabaseSync(':memory:')
  connection.exec('PRAGMA foreign_keys = ON')
  return createSqliteDatabase(connection)
}
