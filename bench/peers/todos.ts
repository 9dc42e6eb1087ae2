/** A Map of todos, filled at the start, for the two servers that store nothing on disk. */
import { randomUUID } from 'node:crypto'

interface Todo {
  id: string
  title: string
  completed: boolean
  createdAt: string
}

const todos = new Map<string, Todo>()

export function create(title: string): Todo {
  const todo = { id: randomUUID(), title, completed: false, createdAt: new Date().toISOString() }
  todos.set(todo.id, todo)
  return todo
}

export function find(id: string): Todo | undefined {
  return todos.get(id)
}

/** A Map has no index by position: a page is found by walking to it, which beats copying all of it. */
export function page(offset: number, limit: number): Todo[] {
  return todos.values().drop(offset).take(limit).toArray()
}

for (let n = 1; n <= Number(process.env.TODOS); n++) create(`Todo number ${n}`)
