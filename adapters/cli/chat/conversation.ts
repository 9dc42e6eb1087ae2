import { Live } from '../../../src/web/public/live.js'
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

/** Whoever stops for so long is not typing any more. */
const typingMs = 4000
const help = '-- /who tells who is here, /quit ends; all else is said.'

/** Runs until somebody ends it; resolves with the exit code. */
export function converse(options: ConversationOptions): Promise<number> {
  return new Conversation(options).over.promise
}

class Conversation {
  readonly over = Promise.withResolvers<number>()
  readonly #options: ConversationOptions
  readonly #screen: Screen
  readonly #live: Live
  readonly #room: Room
  readonly #outbox: Outbox
  #isOver = false
  #here: string[] | null = null
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
    this.#live = new Live(dialTcp(address), 'terminal')
    this.#outbox = new Outbox({ live: this.#live, author: name, refused: (...words) => this.#refused(...words) })
    this.#room = new Room(this.#live, room, name, {
      opened: (id) => this.#outbox.open(id),
      history: (messages) => this.#showHistory(messages),
      changed: (type, message) => this.#show(type, message),
      people: (here, typing) => this.#meet(here, typing),
      failed: (reason) => this.#quit(1, reason),
    })
    this.#live.addEventListener('status', () => this.#follow())
    this.#paint()
  }

  #follow(): void {
    const { state, retryInMs, reason } = this.#live.status
    clearInterval(this.#countdown)
    if (this.#isOver) return
    if (state === 'offline') this.#wait(retryInMs)
    if (state === 'live') {
      void this.#room.open()
      void this.#outbox.send()
    }
    if (state === 'ended') this.#quit(1, reason)
    else this.#paint()
  }

  #wait(retryInMs: number): void {
    this.#retryAtMs = performance.now() + retryInMs
    if (this.#screen.isTerminal) this.#countdown = setInterval(() => this.#paint(), 1000)
  }

  #paint(): void {
    const { state } = this.#live.status
    const { host, port } = this.#options.address
    const waitSeconds = Math.max(0, Math.ceil((this.#retryAtMs - performance.now()) / 1000))
    const typing = this.#typing.length > 0 ? `, ${this.#typing.join(', ')} typing` : ''
    if (state === 'live') this.#screen.status(`live${typing}`)
    else this.#screen.status(state === 'offline' ? `waiting ${waitSeconds} s` : `connecting to ${host}:${port}`)
  }

  #showHistory(messages: Message[]): void {
    this.#screen.print(`-- ${this.#options.room}: ${messages.length === 0 ? 'nothing said yet' : 'said so far'}`)
    for (const message of messages) this.#show('created', message)
  }

  #show(type: 'created' | 'updated' | 'deleted', { createdAt, author, text, edited }: Message): void {
    const time = new Date(createdAt).toTimeString().slice(0, 5)
    const said = `${time} ${author}${edited ? ' (edited)' : ''}: ${text}`
    this.#screen.print(type === 'deleted' ? `-- ${author} took back: ${text}` : said)
  }

  #meet(here: string[], typing: string[]): void {
    const before = this.#here
    if (before === null) this.#screen.print(`-- here: ${here.join(', ')}`)
    for (const name of here) if (before?.includes(name) === false) this.#screen.print(`-- ${name} is here`)
    for (const name of before ?? []) if (!here.includes(name)) this.#screen.print(`-- ${name} has left`)
    this.#here = here
    this.#typing = typing
    this.#paint()
  }

  #read(text: string): void {
    this.#type(false)
    if (text === '/quit') this.#quit(0)
    else if (text === '/who') this.#screen.print(`-- here: ${(this.#here ?? []).join(', ')}`)
    else if (text.startsWith('/')) this.#screen.print(help)
    else if (text !== '') this.#say(text)
  }

  #say(text: string): void {
    this.#outbox.add(text)
    if (!this.#live.isLive) this.#screen.print(`-- kept until there is a connection: ${text}`)
  }

  #refused(text: string, reason: string): void {
    this.#screen.print(`-- not sent, ${reason}: ${text}`)
  }

  #type(isTyping: boolean): void {
    clearTimeout(this.#typingTimer)
    if (isTyping) this.#typingTimer = setTimeout(() => this.#type(false), typingMs)
    if (isTyping === this.#isTyping) return
    this.#isTyping = isTyping
    this.#room.isTyping(isTyping)
  }

  /** Nothing more will be typed: what was is still sent. */
  async #end(): Promise<void> {
    if (!this.#screen.isTerminal) await this.#outbox.emptied()
    this.#quit(0)
  }

  #quit(code: number, reason = ''): void {
    this.#isOver = true
    if (reason) this.#screen.print(`-- ${reason}`)
    if (this.#outbox.size > 0) this.#screen.print(`-- not sent: ${this.#outbox.size}`)
    clearInterval(this.#countdown)
    clearTimeout(this.#typingTimer)
    this.#room.leave()
    this.#screen.close()
    this.over.resolve(code)
    this.#live.close()
  }
}
