/** A link shortener: users make short links, which lead everybody on and count their visits. */
import { type AppDependencies, AppError, collection, type Env, field } from 'galley'
import { Hono } from 'hono'

export const links = collection('links', {
  access: { read: 'owner', create: 'signedIn', update: 'owner', delete: 'owner' },
  fields: {
    name: field.text({ min: 2, max: 40, unique: true }),
    target: field.text({ max: 2000 }),
    visits: field.integer({ min: 0, default: 0 }),
  },
  hooks: {
    before: {
      create: (link) => check(link),
      update: (_, link) => check(link),
    },
  },
})

function check({ name, target }: { name: string; target: string }): void {
  if (!/^[a-z0-9-]+$/.test(name)) throw new AppError('conflict', 'A name has letters a to z, digits and hyphens.')
  if (!/^https?:$/.test(URL.parse(target)?.protocol ?? ''))
    throw new AppError('conflict', 'The target must be an address of the web.')
}

/** `GET /to/NAME` leads on. */
export const routes = ({ as }: Pick<AppDependencies<unknown>, 'as'>) =>
  new Hono<Env>().get('/to/:name', async (c) => {
    const all = as('system').collection(links)
    const [link] = (await all.list({ filter: { name: c.req.param('name') }, limit: 1 })).rows
    if (link === undefined) throw new AppError('not_found', 'There is no such link.')
    await as('system').transaction(function* ({ collection }) {
      const { visits } = yield* collection(links).get(link.id)
      yield* collection(links).update(link.id, { visits: visits + 1 })
    })
    return c.redirect(link.target)
  })
