import { afterAll, describe, expect, test } from 'vitest'
import { server as shipped } from '../../src/server.ts'
import { declaredAccounts, declaredOpen } from './declared-accounts.ts'
import { declaredCollections, routesOf } from './declared-collections.ts'
import { declaredTopics, topicRoutes } from './declared-topics.ts'
import { byAsker, type Outcomes, unclear } from './outcomes.ts'
import { askerNames } from './people.ts'
import { server } from './server.ts'
import { startWorld, type World } from './world.ts'

const routesOfAll = (names: readonly string[]) => names.flatMap((name) => routesOf(name).map(({ route }) => route))

const common = [...topicRoutes, ...Object.keys(declaredAccounts)]
const open = Object.keys(declaredOpen)
const ofShipped = ['GET /echo/:message', 'GET /user-agent']

/** The shipped collections are open to every caller. */
const openCollections = ['todos', 'rooms', 'members', 'messages']

const worlds: Promise<World>[] = []
afterAll(async () => {
  for (const world of worlds) await (await world).stop()
})

async function routesIn(make: Parameters<typeof startWorld>[0]): Promise<Set<string>> {
  const world = startWorld(make)
  worlds.push(world)
  return new Set((await world).routes)
}

describe('every route has a declared rule', () => {
  test('on a server with rules of every kind, and none is declared that is not there', async () => {
    const declared = [...routesOfAll(Object.keys(declaredCollections)), ...common]
    const rest = open.filter((route) => !ofShipped.includes(route))
    expect(await routesIn(server)).toEqual(new Set([...declared, ...rest]))
  })

  test('on the shipped server', async () => {
    expect(await routesIn(shipped)).toEqual(new Set([...routesOfAll(openCollections), ...common, ...open]))
  })
})

const all: [string, Outcomes][] = [
  ...Object.entries(declaredCollections).flatMap(([name, declared]) =>
    [...new Set(routesOf(name).map(({ action }) => action))].map((action): [string, Outcomes] => [
      `${name}: ${action}`,
      declared[action] ?? {},
    ]),
  ),
  ...Object.entries(declaredTopics).flatMap(([name, { read, publish }]): [string, Outcomes][] => [
    [`topic ${name}: read`, read],
    [`topic ${name}: publish`, publish],
  ]),
  ...Object.entries(declaredAccounts).map(([route, { outcomes }]): [string, Outcomes] => [route, outcomes]),
]

test.each(all)('%s declares one outcome for every caller', (_, outcomes) => {
  expect(unclear(outcomes)).toEqual([])
  expect(Object.keys(byAsker(outcomes))).toHaveLength(askerNames.length)
})
