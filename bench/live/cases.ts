/** The benchmark cases, in the order of the tables. */

import type { BenchmarkCase } from './benchmark-case.ts'
import { chat } from './chat.ts'
import { fanOut } from './fan-out.ts'
import { idle } from './idle.ts'
import { publish } from './publish.ts'
import { requests } from './requests.ts'
import { storm } from './storm.ts'

export const cases: readonly BenchmarkCase[] = [fanOut, chat, idle, storm, requests, publish]
