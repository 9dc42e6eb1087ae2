// @ts-check

/** @typedef {{ id: string, title: string, completed: boolean, createdAt: string, version: number }} Todo */
/** @typedef {{ title?: string, completed?: boolean }} Change */
/** @typedef {{ data: Todo[], next: string | null }} Page */
/** @typedef {() => Promise<void>} Action */

const addForm = find(document, '#add', HTMLFormElement)
const newTitle = find(document, '#new-title', HTMLInputElement)
const section = find(document, '#todos', HTMLElement)
const filter = find(document, '#filter', HTMLElement)
const summary = find(document, '#summary', HTMLElement)
const list = find(document, '#list', HTMLElement)
const empty = find(document, '#empty', HTMLElement)
const more = find(document, '#more', HTMLButtonElement)
const news = find(document, '#status', HTMLElement)
const template = find(document, '#row', HTMLTemplateElement)

/** Titles not known to be stored, each with its key: sent again with it, a title is not stored twice. */
const keys = /** @type {Map<string, string>} */ (new Map())
let next = /** @type {string | null} */ (null)
let newestLoad = 0

/** An answer that is no success; status 0 when no usable answer came. */
class Refusal extends Error {
  /** @param {string} message @param {number} status @param {{ label: string, run: () => void }} [remedy] */
  constructor(message, status, remedy) {
    super(message)
    this.status = status
    this.remedy = remedy
  }
}

/** A place where somebody acts: it turns busy, and shows right there what went wrong. */
class Area {
  #turn = Promise.resolve()

  /** @param {HTMLElement} frame @param {HTMLElement} home where focus goes when the problem closes around it */
  constructor(frame, home) {
    this.frame = frame
    this.home = home
    this.problem = find(frame, ':scope > .problem', HTMLElement)
  }

  /** Actions of one place run in turn, as each builds on the version the one before left. @param {Action} action */
  attempt(action) {
    this.#turn = this.#turn.then(() => this.#run(action))
  }

  /** @param {Action} action */
  async #run(action) {
    this.frame.ariaBusy = 'true'
    try {
      await action()
      this.hideProblem()
    } catch (error) {
      if (!(error instanceof Refusal)) reportError(error)
      this.#showProblem(error instanceof Refusal ? error : new Refusal('This page has a fault.', 0), action)
    }
    this.frame.ariaBusy = 'false'
  }

  /** @param {Refusal} refusal @param {Action} action */
  #showProblem({ message, status, remedy }, action) {
    const futile = [400, 404, 412, 413, 422].includes(status)
    const again = { label: 'Try again', run: () => this.attempt(action) }
    this.#describeProblem(message, remedy ?? (futile ? undefined : again))
    this.problem.hidden = false
    this.home.ariaInvalid = [400, 422].includes(status) ? 'true' : null
    say(message)
  }

  hideProblem() {
    if (this.problem.contains(document.activeElement)) this.home.focus()
    this.problem.hidden = true
    this.home.ariaInvalid = null
    // Hidden text still describes its field to a screen reader.
    this.#describeProblem('')
  }

  /** @param {string} message @param {Refusal['remedy']} [remedy] */
  #describeProblem(message, remedy) {
    const button = find(this.problem, 'button', HTMLButtonElement)
    find(this.problem, 'p', HTMLElement).textContent = message
    button.hidden = !remedy
    button.textContent = remedy?.label ?? ''
    button.onclick = remedy?.run ?? null
  }
}

class Row extends Area {
  /** @param {Todo} todo */
  constructor(todo) {
    const frame = find(document.importNode(template.content, true), 'li', HTMLElement)
    const checkbox = find(frame, '[type=checkbox]', HTMLInputElement)
    super(frame, checkbox)
    this.todo = todo
    this.checkbox = checkbox
    this.title = find(frame, '.title', HTMLElement)
    this.editButton = find(frame, '.edit', HTMLButtonElement)
    this.deleteButton = find(frame, '.delete', HTMLButtonElement)
    this.editor = find(frame, 'form', HTMLFormElement)
    this.input = find(this.editor, 'input', HTMLInputElement)
    this.#listen()
    this.paint()
  }

  #listen() {
    this.checkbox.addEventListener('change', () => this.toggle(this.checkbox.checked))
    this.title.addEventListener('dblclick', () => this.openEditor())
    this.editButton.addEventListener('click', () => this.openEditor())
    this.deleteButton.addEventListener('click', () => this.attempt(() => this.delete()))
    find(this.editor, '.cancel', HTMLElement).addEventListener('click', () => this.closeEditor())
    this.editor.addEventListener('keydown', ({ key, isComposing }) => {
      if (key === 'Escape' && !isComposing) this.closeEditor()
    })
    onSubmit(this.editor, () => this.attempt(() => this.rename()))
  }

  paint() {
    const { id, title, completed } = this.todo
    this.frame.id = `todo-${id}`
    this.problem.id = `problem-${id}`
    this.input.setAttribute('aria-describedby', this.problem.id)
    this.title.textContent = title
    this.checkbox.checked = completed
    this.checkbox.ariaLabel = title
    this.editButton.ariaLabel = `Edit ${title}`
    this.deleteButton.ariaLabel = `Delete ${title}`
  }

  openEditor() {
    this.hideProblem()
    this.home = this.input
    this.frame.classList.add('editing')
    this.editor.hidden = false
    this.input.value = this.todo.title
    this.input.select()
  }

  closeEditor() {
    const focused = this.frame.contains(document.activeElement)
    this.frame.classList.remove('editing')
    this.editor.hidden = true
    if (focused) this.editButton.focus()
    this.hideProblem()
    this.home = this.checkbox
  }

  /** @param {boolean} completed */
  toggle(completed) {
    this.attempt(async () => {
      this.checkbox.checked = completed
      await this.save({ completed })
      if (!belongs(this.todo)) this.leave()
      say(`${quoted(this.todo)} is ${completed ? 'done' : 'open again'}.`)
    })
  }

  async rename() {
    if (this.editor.hidden) return
    const title = typed(this.input)
    if (title !== this.todo.title) await this.save({ title })
    this.closeEditor()
    say(`Saved ${quoted(this.todo)}.`)
  }

  async delete() {
    await this.request('DELETE').catch((error) => {
      if (error.status !== 404) throw error
    })
    this.leave()
    say(`Deleted ${quoted(this.todo)}.`)
  }

  /** @param {Change} change */
  async save(change) {
    try {
      const condition = { 'If-Match': `"${this.todo.version}"` }
      this.todo = (await this.request('PUT', condition, change)).data
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 412)) throw error
      await this.reconcile(change)
    } finally {
      this.paint()
    }
  }

  /** @param {Change} change */
  async reconcile(change) {
    this.todo = (await this.request('GET')).data
    const { title, completed } = { ...this.todo, ...change }
    // When an answer got lost, the retry meets its own change, which is no conflict.
    if (title === this.todo.title && completed === this.todo.completed) return
    const state = this.todo.completed ? 'done' : 'open'
    throw new Refusal(`Somebody else changed this todo. It now reads ${quoted(this.todo)} and is ${state}.`, 412)
  }

  /** @param {string} method @param {Record<string, string>} [headers] @param {Change} [body] */
  request(method, headers, body) {
    return call(method, `/${this.todo.id}`, headers, body).catch((error) => {
      if (error.status !== 404) throw error
      const remedy = { label: 'Remove from list', run: () => this.leave() }
      throw new Refusal('Somebody else deleted this todo.', 404, remedy)
    })
  }

  leave() {
    const focused = this.frame.contains(document.activeElement)
    const neighbour = this.frame.nextElementSibling ?? this.frame.previousElementSibling
    this.frame.remove()
    count()
    if (focused) (neighbour?.querySelector('input') ?? newTitle).focus()
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
  const { data } = await call('POST', '', { 'Idempotency-Key': key }, { title })
  keys.delete(title)
  return data
}

/** @param {Todo} todo */
function show(todo) {
  if (belongs(todo)) {
    document.getElementById(`todo-${todo.id}`)?.remove()
    list.prepend(new Row(todo).frame)
    return count()
  }
  // A new todo that the filter hides at once would look like a lost one.
  find(filter, '[value=""]', HTMLInputElement).checked = true
  load()
}

function load(cursor = '') {
  const mine = ++newestLoad
  // The old cursor belongs to the old filter.
  if (!cursor) next = null
  more.hidden = !next
  listArea.attempt(async () => {
    if (mine !== newestLoad) return
    const page = await call('GET', `?${query(cursor)}`).catch((error) => {
      if (!cursor) clear()
      throw error
    })
    if (mine === newestLoad) fill(page, cursor !== '')
  })
}

/** @param {string} cursor */
function query(cursor) {
  const from = cursor ? { cursor } : {}
  const only = wanted() ? { 'filter[completed][$eq]': wanted() } : {}
  return new URLSearchParams({ limit: '50', sort: '-createdAt', ...from, ...only })
}

function clear() {
  list.replaceChildren()
  summary.textContent = ''
  empty.hidden = true
}

/** @param {Page} page @param {boolean} further */
function fill(page, further) {
  if (!further) list.replaceChildren()
  const unseen = page.data.filter(({ id }) => !document.getElementById(`todo-${id}`))
  const rows = unseen.map((todo) => new Row(todo))
  list.append(...rows.map(({ frame }) => frame))
  next = page.next
  count()
  if (further) rows[0]?.checkbox.focus()
  say(further ? `${rows.length} more loaded.` : `${summary.textContent}.`)
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

/** @param {string} text */
function say(text) {
  news.textContent = ''
  // Without the pause, a screen reader misses a sentence that equals the one before.
  setTimeout(() => {
    news.textContent = text
  }, 60)
}

/**
 * @param {string} method @param {string} path @param {Record<string, string>} [headers] @param {Change} [body]
 * @returns {Promise<any>}
 */
async function call(method, path, headers, body) {
  const type = body ? { 'Content-Type': 'application/json' } : {}
  const signal = AbortSignal.timeout(10_000)
  const init = { method, signal, headers: { Accept: 'application/json', ...type, ...headers } }
  try {
    const response = await fetch(`/api/todos${path}`, body ? { ...init, body: JSON.stringify(body) } : init)
    const text = await response.text()
    if (!response.ok) throw new Refusal(reason(text), response.status)
    return text ? JSON.parse(text) : {}
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("Can't reach the server.", 0)
  }
}

/** @param {string} text */
function reason(text) {
  try {
    const { error, details = [] } = /** @type {{ error: string, details?: { message: string }[] }} */ (JSON.parse(text))
    const messages = details.map(({ message }) => message).join(', ')
    return messages ? `${error.replace(/\.$/, '')}: ${messages}` : error
  } catch {
    // A proxy on the way may answer with a page of its own.
    return 'The server could not do that.'
  }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // Browsers leave randomUUID out on plain http.
  return crypto.randomUUID?.() ?? hex
}

/** @param {HTMLFormElement} form @param {() => void} action */
function onSubmit(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    action()
  })
}

/** @template {Element} T @param {ParentNode} root @param {string} selector @param {new () => T} type */
function find(root, selector, type) {
  const found = root.querySelector(selector)
  if (found instanceof type) return found
  throw new Error(`The page has no ${selector}`)
}

const addArea = new Area(addForm, newTitle)
const listArea = new Area(section, section)
onSubmit(addForm, () => {
  if (!newTitle.readOnly) addArea.attempt(add)
})
filter.addEventListener('change', () => load())
more.addEventListener('click', () => next && load(next))
load()
