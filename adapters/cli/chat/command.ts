import { userInfo } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type Command, UsageError } from '../command.ts'
import { type ConversationOptions, converse } from './conversation.ts'
import { parseAddress } from './dial.ts'

/** A chat in the terminal. */
export const chatCommand: Command = {
  name: 'chat',
  usage: 'ROOM [--name NAME] [--url HOST:PORT]',
  summary: 'Chat in a room of a running server, by default the one at 127.0.0.1:3000.',
  run: (args) => converse({ ...readArguments(args), terminal: { input: process.stdin, output: process.stdout } }),
}

function readArguments(args: readonly string[]): Omit<ConversationOptions, 'terminal'> {
  const { values, positionals } = parse(args)
  const [room] = positionals
  const address = parseAddress(values.url)
  if (!room || positionals.length > 1) throw new UsageError('Give the name of one room.')
  if (!address) throw new UsageError(`${values.url} is not an address: expected HOST:PORT.`)
  return { room, address, name: values.name ?? userInfo().username }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' }, url: { type: 'string', default: '127.0.0.1:3000' } },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
