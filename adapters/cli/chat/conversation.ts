import { MessageClient } from '../../../src/client/message-client.js'
import { type Address, dialTcp } from './dial.ts'
import { Outbox } from './outbox.ts'
import { type Message, Room } from './room.ts'
import { createScreen, type Screen, type Terminal } from './screen.ts'

export interface ConversationOptions {
  address: Address
  room: string
  name: string
  terminal: Terminal
}

/** After this time without a key stroke the user is no longer typing. */
const typingMs = 4000
/** Messages that can be named when they are deleted. */
const shownMax = 500
const help = '-- /who lists the members, /quit ends; any other line is sent.'

/** Runs until the user or the server ends it; resolves with the exit code. */
export function converse(options: ConversationOptions): Promise<number> {
  return new Conversation(options).ended.promise
}

class Conversation {
  readonly ended = Promise.withResolvers<number>()
  readonly #options: ConversationOptions
  readonly #screen: Screen
  readonly #client: MessageClient
  readonly #room: Room
  readonly #outbox: Outbox
  /** The newest messages on the screen, by id. */
  readonly #shown = new Map<string, Message>()
  #hasEnded = false
  #present: string[] | null = null
  #typing: string[] = []
  #retryAtMs = 0
  #countdown: NodeJS.Timeout | undefined
  #typingTimer: NodeJS.Timeout | undefined
  #isTyping = false

  constructor(options: ConversationOptions) {
    const { address, room, name, terminal } = options
    this.#options = options
    this.#screen = createScreen(terminal, {
      line: (text) => this.#read(text.trim()),
      typing: (isTyping) => this.#type(isTyping),
      end: () => void this.#end(),
    })
    this.#client = new MessageClient(dialTcp(address), 'terminal')
    this.#outbox = new Outbox({
      client: this.#client,
      author: name,
      rejected: (...details) => this.#reject(...details),
    })
    this.#room = new Room(this.#client, room, name, {
      opened: (id) => this.#outbox.open(id),
      history: (messages) => this.#showHistory(messages),
      changed: (_, message) => this.#show(message),
      deleted: (id) => this.#showDeletion(id),
      presence: (present, typing) => this.#showPresence(present, typing),
      failed: (reason) => this.#quit(1, reason),
    })
    this.#client.addEventListener('status', () => this.#follow())
    this.#paint()
  }

  #follow(): void {
    const { state, retryInMs, reason } = this.#client.status
    clearInterval(this.#countdown)
    if (this.#hasEnded) return
    if (state === 'offline') this.#showWait(retryInMs)
    if (state === 'connected') {
      void this.#room.open()
      void this.#outbox.send()
    }
    if (state === 'closed') this.#quit(1, reason)
    else this.#paint()
  }

  #showWait(retryInMs: number): void {
    this.#retryAtMs = performance.now() + retryInMs
    if (this.#screen.isTerminal) this.#countdown = setInterval(() => this.#paint(), 1000)
  }

  #paint(): void {
    const { state } = this.#client.status
    const { host, port } = this.#options.address
    const waitSeconds = Math.max(0, Math.ceil((this.#retryAtMs - performance.now()) / 1000))
    const typing = this.#typing.length > 0 ? `, ${this.#typing.join(', ')} typing` : ''
    if (state === 'connected') this.#screen.status(`live${typing}`)
    else this.#screen.status(state === 'offline' ? `waiting ${waitSeconds} s` : `connecting to ${host}:${port}`)
  }

  #showHistory(messages: Message[]): void {
    this.#screen.print(`-- ${this.#options.room}: ${messages.length === 0 ? 'no messages yet' : 'latest messages'}`)
    for (const message of messages) this.#show(message)
  }

  #show(message: Message): void {
    const { id, createdAt, author, text, edited } = message
    const time = new Date(createdAt).toTimeString().slice(0, 5)
    this.#screen.print(`${time} ${author}${edited ? ' (edited)' : ''}: ${text}`)
    this.#shown.delete(id)
    this.#shown.set(id, message)
    const [oldest] = this.#shown.keys()
    if (this.#shown.size > shownMax && oldest !== undefined) this.#shown.delete(oldest)
  }

  /** The server names the message alone. */
  #showDeletion(id: string): void {
    const known = this.#shown.get(id)
    this.#shown.delete(id)
    this.#screen.print(known ? `-- ${known.author} deleted: ${known.text}` : '-- A message was deleted.')
  }

  #showPresence(present: string[], typing: string[]): void {
    const before = this.#present
    if (before === null) this.#screen.print(`-- here: ${present.join(', ')}`)
    for (const name of present) if (before?.includes(name) === false) this.#screen.print(`-- ${name} is here`)
    for (const name of before ?? []) if (!present.includes(name)) this.#screen.print(`-- ${name} has left`)
    this.#present = present
    this.#typing = typing
    this.#paint()
  }

  #read(text: string): void {
    this.#type(false)
    if (text === '/quit') this.#quit(0)
    else if (text === '/who') this.#screen.print(`-- here: ${(this.#present ?? []).join(', ')}`)
    else if (text.startsWith('/')) this.#screen.print(help)
    else if (text !== '') this.#send(text)
  }

  #send(text: string): void {
    this.#outbox.add(text)
    if (!this.#client.isConnected) this.#screen.print(`-- will be sent when connected: ${text}`)
  }

  #reject(text: string, reason: string): void {
    this.#screen.print(`-- not sent, ${reason}: ${text}`)
  }

  #type(isTyping: boolean): void {
    clearTimeout(this.#typingTimer)
    if (isTyping) this.#typingTimer = setTimeout(() => this.#type(false), typingMs)
    if (isTyping === this.#isTyping) return
    this.#isTyping = isTyping
    this.#room.setTyping(isTyping)
  }

  /** The input has ended: sends the lines that are left. */
  async #end(): Promise<void> {
    if (!this.#screen.isTerminal) await this.#outbox.emptied()
    this.#quit(0)
  }

  #quit(code: number, reason = ''): void {
    this.#hasEnded = true
    if (reason) this.#screen.print(`-- ${reason}`)
    if (this.#outbox.size > 0) this.#screen.print(`-- not sent: ${this.#outbox.size}`)
    clearInterval(this.#countdown)
    clearTimeout(this.#typingTimer)
    this.#room.leave()
    this.#screen.close()
    this.ended.resolve(code)
    this.#client.close()
  }
}
