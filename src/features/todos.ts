import { collection } from '../collections/collection.ts'
import { field } from '../collections/field.ts'

export const todos = collection('todos', {
  access: 'open',
  fields: {
    title: field.text({ trim: true, min: 1, max: 500, indexed: true }),
    completed: field.boolean({ default: false, indexed: true }),
  },
})
