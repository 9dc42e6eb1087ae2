/** Runs one benchmark case in its own process on the load generator's core, and sends the result to the parent. */
import process from 'node:process'
import { chosen } from '../http1/targets.ts'
import { stopAll } from '../server.ts'
import type { Conditions } from './benchmark-case.ts'
import { cases } from './cases.ts'

const [name, conditions] = process.argv.slice(2) as [string, string]
const [benchmark] = chosen(cases, (one) => one.name, name)
const findings = await benchmark?.run(JSON.parse(conditions) as Conditions)
await stopAll()
process.send?.(findings, () => process.exit(0))
