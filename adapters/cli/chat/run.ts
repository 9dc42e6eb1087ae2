/** A chat in the terminal: `npm run chat -- ROOM [--name NAME] [--url HOST:PORT]`. */
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { converse } from './conversation.ts'
import { parseAddress } from './dial.ts'

const usage = 'npm run chat -- ROOM [--name NAME] [--url HOST:PORT]'

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: { type: 'string' }, url: { type: 'string', default: '127.0.0.1:3000' } },
  })
  const [room] = positionals
  const address = parseAddress(values.url)
  if (!room || positionals.length > 1) throw new TypeError('Name one room.')
  if (!address) throw new TypeError(`${values.url} is no address.`)
  return { room, address, name: values.name ?? userInfo().username }
}

try {
  const terminal = { input: process.stdin, output: process.stdout }
  process.exitCode = await converse({ ...readArguments(), terminal })
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n\n  ${usage}\n`)
  process.exitCode = 2
}
