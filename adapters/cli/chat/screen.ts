import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

export interface Terminal {
  input: Readable & { isTTY?: boolean }
  output: Writable & { isTTY?: boolean }
}

/** Input of the user. */
export interface Listener {
  line(text: string): void
  /** True if the line being edited has any text. */
  typing(isTyping: boolean): void
  end(): void
}

/** Shows messages above a prompt. Without a terminal, as in a pipe, it writes plain lines. */
export interface Screen {
  readonly isTerminal: boolean
  /** Prints untrusted text: control characters are replaced. */
  print(text: string): void
  /** Shows the status of the connection in the prompt. */
  status(text: string): void
  close(): void
}

const dim = (text: string) => `\u001b[2m${text}\u001b[22m`
const eraseLine = '\r\u001b[2K'
const eraseLineAbove = '\u001b[1A\u001b[2K'
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

export function createScreen({ input, output }: Terminal, listener: Listener): Screen {
  const isTerminal = input.isTTY === true && output.isTTY === true
  const lines = createInterface({ input, output: isTerminal ? output : undefined, terminal: isTerminal })
  let shown = ''
  let isClosed = false

  function write(text: string): void {
    if (!isTerminal) return void output.write(`${text}\n`)
    output.write(`${eraseLine}${text.startsWith('-- ') ? dim(text) : text}\n`)
    if (!isClosed) lines.prompt(true)
  }

  lines.on('line', (text) => {
    // The typed line comes back as a message.
    if (isTerminal) output.write(eraseLineAbove)
    listener.line(text)
    if (isTerminal && !isClosed) lines.prompt()
  })
  lines.on('close', () => isClosed || listener.end())
  if (isTerminal) input.on('keypress', () => listener.typing(lines.line !== ''))

  return {
    isTerminal,
    print: (text) => write(text.replace(controls, '\ufffd').replaceAll('\n', '\n      ')),
    status(text) {
      if (text === shown) return
      shown = text
      if (!isTerminal) return write(`-- ${text}`)
      lines.setPrompt(`${dim(`[${text.replace(controls, '\ufffd')}]`)} `)
      lines.prompt(true)
    },
    close() {
      isClosed = true
      if (isTerminal) output.write(eraseLine)
      lines.close()
      // An open pipe would keep the process alive.
      input.destroy()
    },
  }
}
