/** Does one work, as a process of its own on the load's core, and sends what came of it to the process that started it. */
import process from 'node:process'
import { chosen } from '../http1/contenders.ts'
import { stopAll } from '../server.ts'
import type { Conditions } from './work.ts'
import { works } from './works.ts'

const [name, conditions] = process.argv.slice(2) as [string, string]
const [work] = chosen(works, (one) => one.name, name)
const findings = await work?.run(JSON.parse(conditions) as Conditions)
await stopAll()
process.send?.(findings, () => process.exit(0))
