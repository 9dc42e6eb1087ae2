/** Every case, by topic. */

import type { Topic } from './cases/case.ts'
import { chunked } from './cases/chunked.ts'
import { connection } from './cases/connection.ts'
import { contentLength } from './cases/content-length.ts'
import { expectations } from './cases/expectations.ts'
import { fields } from './cases/fields.ts'
import { host } from './cases/host.ts'
import { limits } from './cases/limits.ts'
import { requestLine } from './cases/request-line.ts'
import { responses } from './cases/responses.ts'
import { transferEncoding } from './cases/transfer-encoding.ts'

export const topics: readonly Topic[] = [
  { name: 'request line', cases: requestLine },
  { name: 'Host', cases: host },
  { name: 'fields', cases: fields },
  { name: 'Content-Length', cases: contentLength },
  { name: 'Transfer-Encoding', cases: transferEncoding },
  { name: 'chunks', cases: chunked },
  { name: 'connection', cases: connection },
  { name: 'Expect, Upgrade', cases: expectations },
  { name: 'answers', cases: responses },
  { name: 'limits', cases: limits },
]
