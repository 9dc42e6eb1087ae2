/** Elements of the todo page by their accessible names, and the todos of its server. */
import type { Page } from 'playwright-core'
import { beforeEach, expect } from 'vitest'
import { useServer } from './live-server.ts'

interface Todo {
  id: string
  title: string
  completed: boolean
}

export async function stored(url: string): Promise<Todo[]> {
  const response = await fetch(`${url}/api/todos?limit=1000&sort=-createdAt`)
  return ((await response.json()) as { data: Todo[] }).data
}

export async function store(url: string, ...todos: (string | { title: string; completed: boolean })[]): Promise<void> {
  for (const todo of todos) {
    const body = JSON.stringify(typeof todo === 'string' ? { title: todo } : todo)
    const { status } = await fetch(`${url}/api/todos`, { method: 'POST', body })
    expect(status).toBe(201)
  }
}

export async function removeAll(url: string): Promise<void> {
  for (const { id } of await stored(url)) await fetch(`${url}/api/todos/${id}`, { method: 'DELETE' })
}

/** One server for a test file, without todos at the start of each test. */
export function useTodoServer(): { readonly url: string } {
  const server = useServer()
  beforeEach(() => removeAll(server.url))
  return server
}

export const newTodo = (page: Page) => page.getByRole('textbox', { name: 'New todo' })
export const box = (page: Page, title: string) => page.getByRole('checkbox', { name: title, exact: true })
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
export const editor = (page: Page) => page.getByRole('textbox', { name: 'Edit title' })
export const problem = (page: Page) => page.getByRole('group', { name: 'Problem' })
export const choice = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Show' }).getByRole('radio', { name })
export const messageWith = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

export async function add(page: Page, title: string): Promise<void> {
  await newTodo(page).fill(title)
  await button(page, 'Add').click()
}

export async function rename(page: Page, from: string, to: string): Promise<void> {
  await button(page, `Edit ${from}`).click()
  await editor(page).fill(to)
  await button(page, 'Save').click()
}

export async function titles(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'Todos' }).locator('.title').allTextContents()
}

export async function reload(page: Page): Promise<void> {
  await page.reload()
  await messageWith(page, 'todo')
}
