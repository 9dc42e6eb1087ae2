import { AccountList } from './account-list.js'
import { call } from './api.js'
import { Refusal } from './area.js'
import { askFirst } from './ask-first.js'
import { copy, find, say } from './dom.js'
import { FieldForm } from './field-form.js'
import { dayOf, minuteOf } from './when.js'

/** @typedef {{ id: string, name: string, scopes: string[], createdAt: string, expiresAt: string | null, lastUsedAt: string | null }} Key */

const dayMs = 24 * 60 * 60 * 1000

/** API keys, and the form that makes one. */
export class Keys extends AccountList {
  #secret = find(document, '#secret', HTMLElement)
  #secretText = find(document, '#secret-text', HTMLInputElement)
  #form = find(document, '#new-key', HTMLFormElement)
  #maker = new FieldForm(this.#form, () => this.#make())
  #scopes = find(this.#form, '.scopes', HTMLElement)
  #empty

  constructor() {
    const frame = find(document, '#keys', HTMLElement)
    super(frame, '/api/auth/keys')
    this.#empty = find(frame, '.empty', HTMLElement)
    find(document, '#copy', HTMLElement).addEventListener('click', () => this.#copy())
    find(document, '#dismiss', HTMLElement).addEventListener('click', () => this.#dismiss())
  }

  /** @override @param {Key} key */
  words({ name, scopes, createdAt, expiresAt, lastUsedAt }) {
    const used = lastUsedAt ? `last used ${minuteOf(lastUsedAt)}` : 'never used'
    const until = expiresAt ? `until ${dayOf(expiresAt)}` : 'until revoked'
    const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
    const may = scopes.includes('*') ? 'everything' : scopes.join(', ')
    const about = [may, `since ${dayOf(createdAt)}`, until, used].join(' · ')
    return { title: name, badge: isOver ? 'expired' : '', about, deed: 'Revoke', deedLabel: `Revoke ${name}` }
  }

  /** @override @param {Key} key */
  isSure({ name }) {
    return askFirst(`Revoke the key “${name}”? Programs that use it can't come in any more.`, 'Revoke')
  }

  /** @override @param {Key} key */
  async ended({ name }) {
    say(`“${name}” is revoked.`)
  }

  /** @override @param {Key[]} keys */
  counted(keys) {
    this.#empty.hidden = keys.length > 0
  }

  /** What a key of this user may be good for. @param {boolean} isAdmin */
  async offerScopes(isAdmin) {
    // Without the names of the collections, what is offered holds for all of them.
    const names = await collectionNames().catch(() => [])
    const each = [...names, ...(isAdmin ? ['admin'] : [])].flatMap((name) => [`${name}:read`, `${name}:write`])
    this.#scopes.replaceChildren(...[...each, '*'].map((scope) => scopeBox(scope)))
  }

  async #make() {
    const scopes = [...this.#scopes.querySelectorAll('input')]
      .filter(({ checked }) => checked)
      .map(({ value }) => value)
    if (scopes.length === 0) {
      const details = [{ field: 'scopes', code: 'too_small', message: 'must name what the key is for' }]
      throw new Refusal('Something is missing.', 400, { details })
    }
    const days = find(this.#form, 'select', HTMLSelectElement).value
    const expiresAt = days ? new Date(Date.now() + Number(days) * dayMs).toISOString() : null
    const { data } = await call('POST', '/api/auth/keys', {}, { name: this.#maker.value('name'), scopes, expiresAt })
    this.#maker.reset()
    this.#show(data.secret)
    this.load()
  }

  /** @param {string} secret */
  #show(secret) {
    this.#secret.hidden = false
    this.#secretText.value = secret
    this.#secret.focus()
    this.#secret.scrollIntoView({ block: 'nearest' })
    say('The key is made. Copy it now: it is shown this once.')
  }

  async #copy() {
    this.#secretText.select()
    try {
      await navigator.clipboard.writeText(this.#secretText.value)
      say('Copied.')
      find(document, '#copy', HTMLElement).textContent = 'Copied'
    } catch {
      // It is selected: a person can still copy it by hand.
      say('The key is selected. Copy it by the keyboard.')
    }
  }

  #dismiss() {
    this.forgetSecret()
    this.frame.focus()
  }

  forgetSecret() {
    this.#secret.hidden = true
    this.#secretText.value = ''
    find(document, '#copy', HTMLElement).textContent = 'Copy'
  }
}

async function collectionNames() {
  const { data } = await call('GET', '/')
  const paths = /** @type {string[]} */ (data.collections)
  return paths.map((path) => path.slice('/api/'.length))
}

/** @param {string} scope */
function scopeBox(scope) {
  const box = copy(find(document, '#scope', HTMLTemplateElement))
  find(box, 'input', HTMLInputElement).value = scope
  find(box, 'span', HTMLElement).textContent = scope === '*' ? 'everything' : scope
  return box
}
