/** All that is measured, in the order of the tables. */
import { chat } from './chat.ts'
import { fanOut } from './fan-out.ts'
import { idle } from './idle.ts'
import { publish } from './publish.ts'
import { requests } from './requests.ts'
import { storm } from './storm.ts'
import type { Work } from './work.ts'

export const works: readonly Work[] = [fanOut, chat, idle, storm, requests, publish]
