import { collection } from '../collections/collection.ts'
import { field } from '../collections/field.ts'

/** A name that the client chooses: it is not bound to an account. */
const personName = field.text({ trim: true, min: 1, max: 60, indexed: true })

const rooms = collection('rooms', {
  access: 'open',
  fields: {
    name: field.text({ trim: true, min: 1, max: 80, unique: true }),
  },
})

/** The members of a room, present or not; the presence of its topic has those who are connected. */
const members = collection('members', {
  access: 'open',
  fields: {
    room: field.reference('rooms'),
    name: personName,
  },
  audience: 'room',
})

/** The messages of a room. Members of the topic `messages/ROOM` with the state `{ typing: true }` are typing. */
const messages = collection('messages', {
  access: 'open',
  fields: {
    room: field.reference('rooms'),
    author: personName,
    text: field.text({ trim: true, min: 1, max: 4000 }),
    edited: field.boolean({ default: false }),
  },
  audience: 'room',
})

/** The collections of the chat. */
export const chat = [rooms, members, messages] as const
