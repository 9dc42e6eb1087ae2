import { expect, test } from 'vitest'
import { describeAccounts } from '../../src/auth/routes/openapi.ts'
import { createWorld } from './world.ts'

test('every route is described, and nothing else is', async () => {
  const { auth } = await createWorld()
  const routes = [
    ...auth.routes.routes.map(({ method, path }) => `${method} /api/auth${path}`),
    ...auth.adminRoutes.routes.map(({ method, path }) => `${method} /api/admin${path}`),
  ].map((line) => line.replace(/:(\w+)/g, '{$1}'))
  const described = describeAccounts().map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(described.toSorted()).toEqual(routes.toSorted())
  const names = describeAccounts().map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
})
