/** Costs in units by method and route, as in `{ 'POST /api/auth/sign-in': 20 }`. */
export type CostTable = Readonly<Record<string, number>>

/** The bytes that cost one unit, in bodies of requests, in messages, and in responses. */
export const unitBytes = 16 * 1024
/** The rows of collections that cost one unit, where they are many: each takes some 6 µs. */
export const unitRows = 8

/** The cost of a request that is not in the table. */
const costDefault = 1

/**
 * Makes the function that returns the cost of a request from its method and its route's pattern. It is called after
 * the route has begun, because only the router knows the pattern.
 * @throws RangeError when a cost is not a positive number
 */
export function createCosts(table: CostTable): (method: string, route: string) => number {
  const byRoute = new Map<string, Map<string, number>>()
  for (const [name, cost] of Object.entries(table)) {
    const [method = '', route = ''] = name.split(' ')
    if (!(cost > 0 && Number.isFinite(cost)) || route === '') throw new RangeError(`${name} can't cost ${cost}.`)
    const methods = byRoute.get(route) ?? new Map<string, number>()
    byRoute.set(route, methods.set(method, cost))
  }
  return (method, route) => byRoute.get(route)?.get(method) ?? costDefault
}
