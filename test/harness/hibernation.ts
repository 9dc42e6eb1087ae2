import type { RunningWorker } from './server.ts'

/** Longer than a Durable Object stays in memory without requests. A request any sooner would keep it there. */
const idleMs = 12_000

/** Lets the Durable Object hibernate: at once, or by itself, which shows that nothing keeps it awake. */
export async function hibernate(worker: RunningWorker, { byItself }: { byItself: boolean }): Promise<void> {
  const before = await wakeCount(worker)
  if (!byItself) await worker.hibernate()
  for (let now = before; now === before; now = await wakeCount(worker)) {
    if (byItself) await new Promise((resolve) => setTimeout(resolve, idleMs))
  }
}

async function wakeCount({ url }: RunningWorker): Promise<number> {
  const response = await fetch(`${url}/wakes`)
  return ((await response.json()) as { count: number }).count
}
