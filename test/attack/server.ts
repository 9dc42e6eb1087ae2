import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import type { Platform } from '../../src/ports/platform.ts'
import type { Identity } from '../../src/request/identity.ts'
import { topic } from '../../src/topics/topic.ts'

const ownRooms = (who: Identity | null) => (who === null ? false : { room: ['lobby', `home-${who.userId}`] })

/** Messages in rooms; each user has a room of its own. */
const posts = collection('posts', {
  fields: { room: field.text({ max: 60, indexed: true }), text: field.text() },
  audience: 'room',
  access: { read: ownRooms, create: ownRooms, update: 'owner', delete: 'owner' },
})

/** For signed-in users. */
const club = collection('club', {
  fields: { title: field.text() },
  access: { read: 'signedIn', create: 'signedIn', update: 'owner', delete: 'owner' },
})

/** The app under attack. */
export function server(platform: Platform) {
  return createApp(platform, {
    collections: [posts, club],
    topics: [topic('system'), topic('square', { access: { publish: 'anyone' } })],
  })
}
