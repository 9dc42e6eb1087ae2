import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import type { Labels, Metrics } from '../../src/ports/metrics.ts'

const delayResolutionMs = 10
const nsPerSecond = 1e9
const quantiles = [50, 90, 99]

/** Adds metrics of this process, under the names of Prometheus' own clients. */
export function addProcessMetrics(metrics: Metrics, droppedLines: () => number): void {
  const startSeconds = Date.now() / 1000 - process.uptime()
  metrics.gauge('process_start_time_seconds', 'When the process began, since 1970.', () => startSeconds)
  metrics.total('process_cpu_seconds_total', 'Time on processors, of user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss())
  metrics.gauge('process_heap_bytes', 'Memory of objects.', () => process.memoryUsage().heapUsed)
  metrics.total(
    'log_lines_dropped_total',
    'Log lines that were dropped because standard output was full.',
    droppedLines,
  )
  addLoopDelay(metrics)
}

/** Measures since the last scrape, so that a bad moment shows when it happens. */
function addLoopDelay(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()
  metrics.gauge('event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', () => {
    const values = quantiles.map((each): readonly [Labels, number] => [
      { quantile: String(each / 100) },
      late(delay.percentile(each)),
    ])
    const all = [...values, [{ quantile: '1' }, late(delay.max)] as const]
    delay.reset()
    return all
  })
}

/** The monitor measures from timer to timer, whose distance is the resolution. */
function late(ns: number): number {
  return Math.max(0, ns / nsPerSecond - delayResolutionMs / 1000)
}
