/** The inputs that are kept, as JSON with one character a byte. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'corpus')
const keptName = 'kept.json'

export function readCorpus(): Buffer[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const texts = names.flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as string[])
  return texts.map((text) => Buffer.from(text, 'latin1'))
}

export function writeKept(inputs: readonly Buffer[]): void {
  write(keptName, inputs)
}

/** A finding is of the corpus from then on. */
export function writeFinding(inputs: readonly Buffer[], seed: number): string {
  return write(`finding-${seed}.json`, inputs)
}

function write(name: string, inputs: readonly Buffer[]): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(
    path,
    `${JSON.stringify(
      inputs.map((input) => input.toString('latin1')),
      null,
      2,
    )}\n`,
  )
  return path
}
