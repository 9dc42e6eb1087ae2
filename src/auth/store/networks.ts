/** Networks from which users have signed in, in the table `galley_places`. */
import { statement } from '../../database/steps.ts'
import type { Statement } from '../../ports/database.ts'

/** Known networks of one user. */
const networksMax = 20

/** Stores a network from which a user has signed in. */
export function addNetwork(userId: string, network: string | undefined, ms: number): Statement[] {
  if (network === undefined) return []
  return [
    statement(
      `insert into galley_places (userId, place, lastAt) values (?, ?, ?)
        on conflict (userId, place) do update set lastAt = excluded.lastAt`,
      userId,
      network,
      ms,
    ),
    statement(
      `delete from galley_places where userId = ? and place in (
        select place from galley_places where userId = ? order by lastAt desc limit -1 offset ${networksMax})`,
      userId,
      userId,
    ),
  ]
}

/** Returns a row if the user has signed in from the network. */
export function findNetwork(userId: string, network: string): Statement {
  return statement('select 1 as known from galley_places where userId = ? and place = ?', userId, network)
}

/** Returns a row if any user has signed in from the network. */
export function findAnyUse(network: string): Statement {
  return statement('select 1 as known from galley_places where place = ? limit 1', network)
}

/** Deletes the known networks of a user, since a thief of the password may have signed in from one. */
export function deleteNetworks(userId: string): Statement {
  return statement('delete from galley_places where userId = ?', userId)
}

/** Deletes networks last used before `ms`. */
export function deleteOldNetworks(ms: number): Statement {
  return statement('delete from galley_places where lastAt < ?', ms)
}
