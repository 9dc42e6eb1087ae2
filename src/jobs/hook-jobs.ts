/** The jobs that are hooks of collections, which an app runs without naming them again. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { AnyJob } from './job.ts'

/**
 * The declared jobs, and those that are hooks.
 * @throws TypeError for a hook that is neither a function nor a job
 */
export function withHookJobs(jobs: readonly AnyJob[], collections: readonly AnyCollection[]): AnyJob[] {
  const hooks = new Set(collections.flatMap(hookJobsOf))
  return [...jobs, ...[...hooks].filter((job) => !jobs.includes(job))]
}

function hookJobsOf({ name, hooks }: AnyCollection): AnyJob[] {
  return Object.entries(hooks?.after ?? {}).flatMap(([action, hook]) => {
    if (hook === undefined || typeof hook === 'function') return []
    if (isJob(hook)) return [hook]
    throw new TypeError(`The hook after.${action} of ${name} must be a function or a job.`)
  })
}

function isJob(hook: unknown): hook is AnyJob {
  const { encode, run } = (hook ?? {}) as Partial<AnyJob>
  return typeof encode === 'function' && typeof run === 'function'
}
