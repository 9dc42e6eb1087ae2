import { collection } from '../collections/collection.ts'
import { field } from '../collections/field.ts'

/** Whoever says a name has it, for as long as there are no accounts. */
const personName = field.text({ trim: true, min: 1, max: 60, indexed: true })

export const rooms = collection('rooms', {
  fields: {
    name: field.text({ trim: true, min: 1, max: 80, unique: true }),
  },
})

/** Who has been in a room; who is there now, its topic's presence tells. */
export const members = collection('members', {
  fields: {
    room: field.reference('rooms'),
    name: personName,
  },
  audience: 'room',
})

/** What is said in a room. Joining the topic `messages/ROOM` with the state `{ typing: true }` tells who writes. */
export const messages = collection('messages', {
  fields: {
    room: field.reference('rooms'),
    author: personName,
    text: field.text({ trim: true, min: 1, max: 4000 }),
    edited: field.boolean({ default: false }),
  },
  audience: 'room',
})

/** All that a chat keeps. */
export const chat = [rooms, members, messages] as const
