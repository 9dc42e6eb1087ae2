import { expect, test } from 'vitest'
import { createWorld } from './world.ts'

test('every route is described, and nothing else is', async () => {
  const { auth } = await createWorld()
  for (const routes of [auth.routes, auth.adminRoutes]) {
    const served = routes.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    const { paths = {} } = routes.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => ({
        line: `${method.toUpperCase()} ${path}`,
        operationId,
      })),
    )
    expect(new Set(operations.map(({ line }) => line))).toEqual(new Set(served))
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  }
})
