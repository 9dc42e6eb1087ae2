// @ts-check

import { Feed } from '/client/feed.js'
import { showAccountLink } from './shared/account-link.js'
import { ActionArea, ApiError } from './shared/action-area.js'
import { showConnectionStatus } from './shared/connection-status.js'
import { copy, find, onSubmit, say } from './shared/dom.js'
import { EditableRow } from './shared/editable-row.js'
import { call } from './shared/http-api.js'
import { createPageClient } from './shared/page-client.js'

/** @typedef {{ id: string, title: string, completed: boolean, createdAt: string, version: number }} Todo */
/** @typedef {{ data: Todo[], next: string | null, position?: import('/client/subscription.js').Position }} Page */

const addForm = find(document, '#add', HTMLFormElement)
const newTitle = find(document, '#new-title', HTMLInputElement)
const section = find(document, '#todos', HTMLElement)
const filter = find(document, '#filter', HTMLElement)
const summary = find(document, '#summary', HTMLElement)
const list = find(document, '#list', HTMLElement)
const empty = find(document, '#empty', HTMLElement)
const more = find(document, '#more', HTMLButtonElement)
const template = find(document, '#row', HTMLTemplateElement)

/** Idempotency keys of titles that may not be stored yet: a retry stores no second todo. */
const keys = /** @type {Map<string, string>} */ (new Map())
let next = /** @type {string | null} */ (null)
/** The rows of the list, by id. */
const rows = /** @type {Map<string, Row>} */ (new Map())
let newestLoad = 0

const client = createPageClient()
const feed = new Feed(client, 'todos', { apply, onGap: () => load() })

/** @extends {EditableRow<Todo>} */
class Row extends EditableRow {
  /** @param {Todo} todo */
  constructor(todo) {
    const frame = copy(template)
    const checkbox = find(frame, '[type=checkbox]', HTMLInputElement)
    super(frame, checkbox, 'todo', todo)
    this.checkbox = checkbox
    this.title = find(frame, '.title', HTMLElement)
    this.checkbox.addEventListener('change', () => this.toggle(this.checkbox.checked))
    this.title.addEventListener('dblclick', () => this.openEditor())
    this.paint()
  }

  /** @override */
  get text() {
    return this.row.title
  }

  /** @override */
  get description() {
    return `${quoted(this.row)} and is ${this.row.completed ? 'done' : 'open'}`
  }

  /** @override */
  get matchesFilter() {
    return matchesFilter(this.row)
  }

  /** @override */
  paint() {
    const { id, title, completed } = this.row
    this.frame.id = `todo-${id}`
    this.problem.id = `problem-${id}`
    this.input.setAttribute('aria-describedby', this.problem.id)
    this.title.textContent = title
    this.checkbox.checked = completed
    this.checkbox.ariaLabel = title
    this.editButton.ariaLabel = `Edit ${title}`
    this.deleteButton.ariaLabel = `Delete ${title}`
  }

  /** @override */
  closeEditor() {
    super.closeEditor()
    this.focusTarget = this.checkbox
  }

  /** @param {boolean} completed */
  toggle(completed) {
    this.attempt(async () => {
      this.checkbox.checked = completed
      await this.save({ completed })
      if (!this.matchesFilter) this.remove()
      say(`${quoted(this.row)} is ${completed ? 'done' : 'open again'}.`)
    })
  }

  /** @override */
  async submit() {
    if (this.editor.hidden) return
    const title = typed(this.input)
    if (title !== this.row.title) await this.save({ title })
    this.closeEditor()
    say(`Saved ${quoted(this.row)}.`)
  }

  /** @override @param {string} method @param {Record<string, string>} [headers] @param {object} [body] */
  send(method, headers, body) {
    return call(method, `/api/todos/${this.row.id}`, headers, body)
  }

  /** @override */
  remove() {
    super.remove()
    if (rows.get(this.row.id) === this) rows.delete(this.row.id)
    count()
  }

  /** @override @param {Element | null} neighbour */
  moveFocus(neighbour) {
    const target = neighbour?.querySelector('input') ?? newTitle
    target.focus()
  }
}

async function add() {
  const title = typed(newTitle)
  newTitle.readOnly = true
  const todo = await create(title).finally(() => {
    newTitle.readOnly = false
  })
  newTitle.value = ''
  show(todo)
  say(`Added ${quoted(todo)}.`)
}

/** @param {string} title @returns {Promise<Todo>} */
async function create(title) {
  const key = keys.get(title) ?? newKey()
  keys.set(title, key)
  const { data } = await call('POST', '/api/todos', { 'Idempotency-Key': key }, { title })
  keys.delete(title)
  return data
}

/** @param {Todo} todo */
function show(todo) {
  if (matchesFilter(todo)) return placeRow(todo)
  // A new todo that the filter hides would look lost.
  find(filter, '[value=""]', HTMLInputElement).checked = true
  load()
}

/** Updates the row of the todo, or inserts a new one in the order of the list. @param {Todo} todo */
function placeRow(todo) {
  const known = rows.get(todo.id)
  if (known) return known.receive(todo)
  const below = Array.from(list.children).find(({ id }) => {
    const other = rows.get(id.slice('todo-'.length))
    return other && isNewer(todo, other.row)
  })
  // Rows after the last one are loaded with the next page.
  if (!below && next) return
  const row = new Row(todo)
  rows.set(todo.id, row)
  list.insertBefore(row.frame, below ?? null)
  count()
}

/** The order of the list. @param {Todo} one @param {Todo} other */
function isNewer(one, other) {
  return one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt
}

/** Applies a change made here or elsewhere. @param {import('/client/feed.js').Change} type @param {Todo} todo */
function apply(type, todo) {
  if (type === 'deleted') rows.get(todo.id)?.receive(null)
  else if (rows.has(todo.id) || matchesFilter(todo)) placeRow(todo)
}

function load(cursor = '') {
  const ownLoad = ++newestLoad
  // The old cursor belongs to the old filter.
  if (!cursor) next = null
  more.hidden = !next
  listArea.attempt(async () => {
    if (ownLoad === newestLoad) await feed.load(() => read(cursor, () => ownLoad === newestLoad), cursor !== '')
  })
}

/** @param {string} cursor @param {() => boolean} isNewest */
async function read(cursor, isNewest) {
  const page = await call('GET', `/api/todos?${query(cursor)}`).catch((error) => {
    if (!cursor) clear()
    throw error
  })
  if (isNewest()) fill(page, cursor !== '')
  return page.position ?? null
}

/** @param {string} cursor */
function query(cursor) {
  const from = cursor ? { cursor } : {}
  const condition = selectedFilter() ? { 'filter[completed][$eq]': selectedFilter() } : {}
  return new URLSearchParams({ limit: '50', sort: '-createdAt', ...from, ...condition })
}

function clear() {
  list.replaceChildren()
  rows.clear()
  summary.textContent = ''
  empty.hidden = true
}

/** @param {Page} page @param {boolean} isNextPage */
function fill(page, isNextPage) {
  if (!isNextPage) clear()
  const fresh = page.data.filter(({ id }) => !rows.has(id)).map((todo) => new Row(todo))
  for (const row of fresh) rows.set(row.row.id, row)
  list.append(...fresh.map(({ frame }) => frame))
  next = page.next
  count()
  if (isNextPage) fresh[0]?.checkbox.focus()
  say(isNextPage ? `${fresh.length} more loaded.` : `${summary.textContent}.`)
}

function count() {
  const shown = list.childElementCount
  const kind = { true: 'done ', false: 'open ' }[selectedFilter()] ?? ''
  const emptyText = { true: 'Nothing done yet.', false: 'Nothing left to do.' }[selectedFilter()]
  summary.textContent = `${shown}${next ? '+' : ''} ${kind}${shown === 1 ? 'todo' : 'todos'}`
  empty.textContent = emptyText ?? 'No todos yet. Add the first one above.'
  empty.hidden = shown > 0 || next !== null
  more.hidden = !next
}

function selectedFilter() {
  return find(filter, ':checked', HTMLInputElement).value
}

/** @param {Todo} todo */
function matchesFilter({ completed }) {
  return ['', String(completed)].includes(selectedFilter())
}

/** @param {Todo} todo */
function quoted({ title }) {
  return `“${title}”`
}

/** @param {HTMLInputElement} input */
function typed({ value }) {
  const title = value.trim()
  if (!title) throw new ApiError('Enter a title first.', 400)
  return title
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // Browsers have no randomUUID over plain HTTP.
  return crypto.randomUUID?.() ?? hex
}

const addArea = new ActionArea(addForm, newTitle)
const listArea = new ActionArea(section, section)
onSubmit(addForm, () => {
  if (!newTitle.readOnly) addArea.attempt(add)
})
filter.addEventListener('change', () => load())
more.addEventListener('click', () => next && load(next))
showConnectionStatus(client, find(document, '#connection', HTMLElement))
// Another user may see other todos.
showAccountLink(client, find(document, '#account-link', HTMLAnchorElement), (_, isFirst) => isFirst || load())
load()
