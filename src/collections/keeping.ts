/** How long deleted rows and the former values of rows are kept. */

export type SoftDelete = true | { purgeAfterDays: number }
export type KeepHistory = true | { keepDays: number }

/** The options of a collection that are about it. */
interface Keeping {
  softDelete?: SoftDelete | undefined
  history?: KeepHistory | undefined
}

const trashDaysDefault = 30
/** For what is left of a collection that does not declare it any more, in case that the declaration comes back. */
export const undeclaredDays = 30

/** The days after which rows in the trash are deleted for good. */
export function trashDaysOf({ softDelete }: Keeping): number {
  return typeof softDelete === 'object' ? softDelete.purgeAfterDays : softDelete ? trashDaysDefault : undeclaredDays
}

/** The days after which entries of histories are deleted. */
export function historyDaysOf({ history }: Keeping): number {
  return typeof history === 'object' ? history.keepDays : history ? Number.POSITIVE_INFINITY : undeclaredDays
}

/** @throws TypeError for a number of days that is none */
export function checkKeeping(name: string, { softDelete, history }: Keeping): void {
  checkDays(name, 'softDelete', 'purgeAfterDays', softDelete)
  checkDays(name, 'history', 'keepDays', history)
}

function checkDays(name: string, option: string, member: string, value: unknown): void {
  if (value === undefined || value === true) return
  const days: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, member) : undefined
  if (typeof days === 'number' && days > 0) return
  throw new TypeError(`The option ${option} of ${name} must be true, or have ${member}, a number above 0.`)
}
