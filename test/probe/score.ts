/** `node test/probe/score.ts`: probes all peers and writes `docs/http1-probe.md`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { topics as topicsOfCases } from './cases.ts'
import { faults } from './fault.ts'
import { availablePeers, type Peer, startPeer, temporaryFolder } from './peers.ts'
import { bytewiseTopic, type Result, runProbe } from './probe.ts'

interface Score {
  peer: Peer
  results: readonly Result[]
}

const page = new URL('../../docs/http1-probe.md', import.meta.url)
const [begin, end] = ['<!-- scores: written by `node test/probe/score.ts` -->', '<!-- end of scores -->']

const scratch = temporaryFolder()
try {
  const scores: Score[] = []
  for (const peer of availablePeers(scratch.path)) {
    const results = await resultsOf(peer)
    if (results === null) continue
    console.log(`${peer.name}: ${passedOf(results)} of ${results.length}`)
    scores.push({ peer, results })
  }
  writeScores(scores)
} finally {
  scratch.remove()
}

async function resultsOf(peer: Peer): Promise<Result[] | null> {
  try {
    const { port, stop } = await startPeer(peer)
    const authority = `localhost:${port}`
    const target = { host: '127.0.0.1', port, authority, quietMs: 150, timeoutMs: 1000 }
    return await runProbe({ target }).finally(stop)
  } catch (error) {
    console.log(`${peer.name} is left out: ${String(error)}`)
    return null
  }
}

function passedOf(results: readonly Result[]): number {
  return results.filter(({ passed }) => passed).length
}

function writeScores(scores: readonly Score[]): void {
  const text = readFileSync(page, 'utf8')
  const [before, after] = [text.split(begin)[0], text.split(end)[1]]
  if (before === undefined || after === undefined) throw new Error(`${page.pathname} has no place for the scores.`)
  const parts = [table(scores), ...scores.map(failures)]
  writeFileSync(page, `${before}${begin}\n\n${parts.join('\n\n')}\n\n${end}${after}`)
}

function table(scores: readonly Score[]): string {
  const topics = [...topicsOfCases.map(({ name }) => name), bytewiseTopic]
  const [first] = scores
  const counts = topics.map((topic) => first?.results.filter((result) => result.topic === topic).length ?? 0)
  const header = ['server', 'version', 'passed', 'legal', ...topics]
  const all = ['all cases', '', ...Array<number>(2).fill(first?.results.length ?? 0), ...counts]
  const rows = scores.map(({ peer, results }) => [
    peer.name,
    peer.version,
    passedOf(results),
    results.filter(({ legal }) => legal).length,
    ...topics.map((topic) => passedOf(results.filter((result) => result.topic === topic))),
  ])
  return [header, header.map((_, column) => (column < 2 ? '---' : '--:')), all, ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** The failed cases of a server, by kind of failure. */
function failures({ peer, results }: Score): string {
  const failed = results.filter(({ passed }) => !passed)
  const lines = faults.flatMap((fault) => {
    const slugs = failed.filter((result) => result.fault === fault).map(({ slug }) => `\`${slug.split('/')[0]}\``)
    return slugs.length === 0 ? [] : [`- It ${fault} (${slugs.length}): ${slugs.join(', ')}.`]
  })
  return [`### ${peer.name}`, lines.length === 0 ? 'Nothing fails.' : lines.join('\n')].join('\n\n')
}
