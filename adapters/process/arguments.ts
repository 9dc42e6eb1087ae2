import { writeSync } from 'node:fs'
import process from 'node:process'

const standardError = 2
const usageCode = 2

/** Ends the process with code 2 when the shipped server is started with an argument that it does not know. */
export function refuseUnknownArguments(): void {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--help')
  if (unknown === undefined) return
  const argument = JSON.stringify(unknown)
  writeSync(
    standardError,
    `galley: Unknown argument ${argument}. Settings are environment variables; --help lists them.\n`,
  )
  process.exit(usageCode)
}
