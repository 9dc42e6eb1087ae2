/** Load through a proxy: clients that never retry and record every response. */

export interface ProxiedLoad {
  /** The ids of all rows whose creation was acknowledged. */
  created: string[]
  /** A description of every failed request. */
  failures: string[]
  /** Resolves when so many more rows are created, or something failed. */
  wrote(count: number): Promise<void>
  stop(): Promise<void>
}

interface Options {
  url: string
  clients: number
  /** Writes carry an `Idempotency-Key`. */
  keyed: boolean
}

/** Starts clients that read and write all the time. */
export function startProxiedLoad({ url, clients, keyed }: Options): ProxiedLoad {
  const created: string[] = []
  const failures: string[] = []
  const watchers = new Set<() => void>()
  const stopped = new AbortController()

  async function work(): Promise<void> {
    while (!stopped.signal.aborted) {
      await ask(`${url}/api/todos?limit=1`, {})
      const headers: Record<string, string> = keyed ? { 'Idempotency-Key': crypto.randomUUID() } : {}
      const { id } = await ask(`${url}/api/todos`, { method: 'POST', headers, body: '{"title":"milk"}' })
      created.push(id)
      for (const watcher of watchers) watcher()
    }
  }

  function fail({ message }: Error): void {
    failures.push(message)
    for (const watcher of watchers) watcher()
  }

  const works = Array.from({ length: clients }, () => work().catch(fail))
  return {
    created,
    failures,
    wrote(count) {
      const enough = created.length + count
      const { promise, resolve } = Promise.withResolvers<void>()
      const watcher = () => {
        if (created.length >= enough || failures.length > 0) resolve()
      }
      watchers.add(watcher)
      watcher()
      return promise.finally(() => watchers.delete(watcher))
    },
    async stop() {
      stopped.abort()
      await Promise.all(works)
    },
  }
}

/** @throws when there is no response, or it is no success */
async function ask(url: string, init: RequestInit): Promise<{ id: string }> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${response.status} ${text}`)
  return (JSON.parse(text) as { data: { id: string } }).data
}
