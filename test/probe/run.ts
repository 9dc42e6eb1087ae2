/** `npm run probe -- host:port [--no-echo] [--json] [--only text]`: scores any HTTP/1.1 server by raw bytes. */
import { parseArgs } from 'node:util'
import type { Target } from './exchange.ts'
import { type Result, runProbe } from './probe.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'no-echo': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'quiet-ms': { type: 'string', default: '150' },
    'timeout-ms': { type: 'string', default: '1000' },
  },
})

const results = await runProbe({ target: targetOf(positionals[0]), hasEcho: !values['no-echo'], only: values.only })
const failed = results.filter(({ passed }) => !passed)
if (values.json) console.log(JSON.stringify(results, null, 2))
else {
  for (const result of failed) console.log(line(result))
  console.log(`probe: ${results.length - failed.length} of ${results.length}`)
}
process.exitCode = failed.length > 0 ? 1 : 0

function targetOf(authority = 'localhost:3000'): Target {
  const { hostname, port } = new URL(`http://${authority}`)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    authority,
    quietMs: Number(values['quiet-ms']),
    timeoutMs: Number(values['timeout-ms']),
  }
}

function line({ slug, section, expected, seen }: Result): string {
  return `${slug} (${section}) expected ${expected}; seen ${seen}`
}
