// @ts-check
import { call } from './api.js'
import { Area, Refusal } from './area.js'
import { showConnection } from './connection.js'
import { copy, find, onSubmit, say } from './dom.js'
import { Entry } from './entry.js'
import { Feed } from './feed.js'
import { showVisitor } from './visitor.js'
import { connectPage } from './web-socket.js'

/** @typedef {{ id: string, title: string, completed: boolean, createdAt: string, version: number }} Todo */
/** @typedef {{ data: Todo[], next: string | null, position?: import('./live.js').Position }} Page */

const addForm = find(document, '#add', HTMLFormElement)
const newTitle = find(document, '#new-title', HTMLInputElement)
const section = find(document, '#todos', HTMLElement)
const filter = find(document, '#filter', HTMLElement)
const summary = find(document, '#summary', HTMLElement)
const list = find(document, '#list', HTMLElement)
const empty = find(document, '#empty', HTMLElement)
const more = find(document, '#more', HTMLButtonElement)
const template = find(document, '#row', HTMLTemplateElement)

/** Titles not known to be stored, each with its key: sent again with it, a title is not stored twice. */
const keys = /** @type {Map<string, string>} */ (new Map())
let next = /** @type {string | null} */ (null)
/** Those in the list, by id. */
const rows = /** @type {Map<string, Row>} */ (new Map())
let newestLoad = 0

const live = connectPage()
const feed = new Feed(live, 'todos', { apply, gap: () => load() })

/** @extends {Entry<Todo>} */
class Row extends Entry {
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
  get reading() {
    return `${quoted(this.row)} and is ${this.row.completed ? 'done' : 'open'}`
  }

  /** @override */
  get belongs() {
    return belongs(this.row)
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
    this.home = this.checkbox
  }

  /** @param {boolean} completed */
  toggle(completed) {
    this.attempt(async () => {
      this.checkbox.checked = completed
      await this.save({ completed })
      if (!this.belongs) this.leave()
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
  leave() {
    super.leave()
    if (rows.get(this.row.id) === this) rows.delete(this.row.id)
    count()
  }

  /** @override @param {Element | null} neighbour */
  passFocus(neighbour) {
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
  if (belongs(todo)) return place(todo)
  // A new todo that the filter hides at once would look like a lost one.
  find(filter, '[value=""]', HTMLInputElement).checked = true
  load()
}

/** Puts a todo where it stands in the order of the list; or what is there already takes it. @param {Todo} todo */
function place(todo) {
  const known = rows.get(todo.id)
  if (known) return known.receive(todo)
  const below = Array.from(list.children).find(({ id }) => {
    const other = rows.get(id.slice('todo-'.length))
    return other && isNewer(todo, other.row)
  })
  // What lies beyond the last row comes with the next part.
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

/** What happened to a todo, here or elsewhere. @param {import('./feed.js').Change} type @param {Todo} todo */
function apply(type, todo) {
  if (type === 'deleted') rows.get(todo.id)?.receive(null)
  else if (rows.has(todo.id) || belongs(todo)) place(todo)
}

function load(cursor = '') {
  const mine = ++newestLoad
  // The old cursor belongs to the old filter.
  if (!cursor) next = null
  more.hidden = !next
  listArea.attempt(async () => {
    if (mine === newestLoad) await feed.load(() => read(cursor, () => mine === newestLoad), cursor !== '')
  })
}

/** @param {string} cursor @param {() => boolean} isWanted */
async function read(cursor, isWanted) {
  const page = await call('GET', `/api/todos?${query(cursor)}`).catch((error) => {
    if (!cursor) clear()
    throw error
  })
  if (isWanted()) fill(page, cursor !== '')
  return page.position ?? null
}

/** @param {string} cursor */
function query(cursor) {
  const from = cursor ? { cursor } : {}
  const only = wanted() ? { 'filter[completed][$eq]': wanted() } : {}
  return new URLSearchParams({ limit: '50', sort: '-createdAt', ...from, ...only })
}

function clear() {
  list.replaceChildren()
  rows.clear()
  summary.textContent = ''
  empty.hidden = true
}

/** @param {Page} page @param {boolean} further */
function fill(page, further) {
  if (!further) clear()
  const fresh = page.data.filter(({ id }) => !rows.has(id)).map((todo) => new Row(todo))
  for (const row of fresh) rows.set(row.row.id, row)
  list.append(...fresh.map(({ frame }) => frame))
  next = page.next
  count()
  if (further) fresh[0]?.checkbox.focus()
  say(further ? `${fresh.length} more loaded.` : `${summary.textContent}.`)
}

function count() {
  const shown = list.childElementCount
  const kind = { true: 'done ', false: 'open ' }[wanted()] ?? ''
  const calm = { true: 'Nothing done yet.', false: 'All shipshape: nothing left to do.' }[wanted()]
  summary.textContent = `${shown}${next ? '+' : ''} ${kind}${shown === 1 ? 'todo' : 'todos'}`
  empty.textContent = calm ?? 'The galley is quiet. Add your first todo above.'
  empty.hidden = shown > 0 || next !== null
  more.hidden = !next
}

function wanted() {
  return find(filter, ':checked', HTMLInputElement).value
}

/** @param {Todo} todo */
function belongs({ completed }) {
  return ['', String(completed)].includes(wanted())
}

/** @param {Todo} todo */
function quoted({ title }) {
  return `“${title}”`
}

/** @param {HTMLInputElement} input */
function typed({ value }) {
  const title = value.trim()
  if (!title) throw new Refusal('Write what needs doing first.', 400)
  return title
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // Browsers leave randomUUID out on plain http.
  return crypto.randomUUID?.() ?? hex
}

const addArea = new Area(addForm, newTitle)
const listArea = new Area(section, section)
onSubmit(addForm, () => {
  if (!newTitle.readOnly) addArea.attempt(add)
})
filter.addEventListener('change', () => load())
more.addEventListener('click', () => next && load(next))
showConnection(live, find(document, '#connection', HTMLElement))
// Somebody else may see other todos.
showVisitor(live, find(document, '#visitor', HTMLAnchorElement), (_, isFirst) => isFirst || load())
load()
