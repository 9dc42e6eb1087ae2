import { type Metrics, secondsBounds } from '../ports/metrics.ts'
import type { JobQueue } from '../queue/enqueue.ts'

export interface JobMetrics {
  /** Dead letters, as far as this process knows. */
  dead: number
  ran(job: string, outcome: string, ms: number): void
}

export function createJobMetrics(metrics: Metrics, queue: JobQueue, running: () => number): JobMetrics {
  const runs = metrics.counter('job_runs_total', 'Runs of jobs by outcome.')
  const seconds = metrics.histogram('job_run_seconds', 'Time of a run.', secondsBounds)
  metrics.gauge('jobs_waiting', 'Jobs that wait or run.', () => queue.waiting)
  metrics.gauge('jobs_running', 'Jobs that run.', running)
  metrics.gauge('jobs_dead', 'Dead letters.', () => result.dead)
  const result: JobMetrics = {
    dead: 0,
    ran(name, outcome, ms) {
      // One series for all of Galley's own, whose names hold ids.
      const job = name.replace(/:.*/, '')
      runs({ job, outcome }).add()
      seconds({ job }).observe(ms / 1000)
    },
  }
  return result
}
