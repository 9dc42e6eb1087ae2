import { ApiError } from '../shared/action-area.js'
import { confirmAction } from '../shared/confirm.js'
import { dayOf, minuteOf } from '../shared/dates.js'
import { copy, find, say } from '../shared/dom.js'
import { FieldForm } from '../shared/field-form.js'
import { call } from '../shared/http-api.js'
import { RevocableList } from './revocable-list.js'

/** @typedef {{ id: string, name: string, scopes: string[], createdAt: string, expiresAt: string | null, lastUsedAt: string | null }} Key */

const dayMs = 24 * 60 * 60 * 1000

/** The user's API keys, and the form that creates one. */
export class KeyList extends RevocableList {
  #secret = find(document, '#secret', HTMLElement)
  #secretText = find(document, '#secret-text', HTMLInputElement)
  #form = find(document, '#new-key', HTMLFormElement)
  #createForm = new FieldForm(this.#form, () => this.#create())
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
  describe({ name, scopes, createdAt, expiresAt, lastUsedAt }) {
    const used = lastUsedAt ? `last used ${minuteOf(lastUsedAt)}` : 'never used'
    const until = expiresAt ? `until ${dayOf(expiresAt)}` : 'until revoked'
    const isExpired = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
    const permissions = scopes.includes('*') ? 'everything' : scopes.join(', ')
    const about = [permissions, `since ${dayOf(createdAt)}`, until, used].join(' · ')
    return { title: name, badge: isExpired ? 'expired' : '', about, action: 'Revoke', actionLabel: `Revoke ${name}` }
  }

  /** @override @param {Key} key */
  confirmRevoke({ name }) {
    return confirmAction(`Revoke the key “${name}”? Programs that use it lose access.`, 'Revoke')
  }

  /** @override @param {Key} key */
  async revoked({ name }) {
    say(`“${name}” is revoked.`)
  }

  /** @override @param {Key[]} keys */
  loaded(keys) {
    this.#empty.hidden = keys.length > 0
  }

  /** Shows the scopes that a key of this user may have. @param {boolean} isAdmin */
  async showScopes(isAdmin) {
    // Without the names of the collections only scopes for all of them are offered.
    const names = await collectionNames().catch(() => [])
    const scopes = [...names, ...(isAdmin ? ['admin'] : [])].flatMap((name) => [`${name}:read`, `${name}:write`])
    this.#scopes.replaceChildren(...[...scopes, '*'].map((scope) => scopeBox(scope)))
  }

  async #create() {
    const scopes = [...this.#scopes.querySelectorAll('input')]
      .filter(({ checked }) => checked)
      .map(({ value }) => value)
    if (scopes.length === 0) {
      const details = [{ field: 'scopes', code: 'too_small', message: 'must not be empty' }]
      throw new ApiError('Something is missing.', 400, { details })
    }
    const days = find(this.#form, 'select', HTMLSelectElement).value
    const expiresAt = days ? new Date(Date.now() + Number(days) * dayMs).toISOString() : null
    const { data } = await call(
      'POST',
      '/api/auth/keys',
      {},
      { name: this.#createForm.value('name'), scopes, expiresAt },
    )
    this.#createForm.reset()
    this.#show(data.secret)
    this.load()
  }

  /** @param {string} secret */
  #show(secret) {
    this.#secret.hidden = false
    this.#secretText.value = secret
    this.#secret.focus()
    this.#secret.scrollIntoView({ block: 'nearest' })
    say('The key is created. Copy it now: it is shown only once.')
  }

  async #copy() {
    this.#secretText.select()
    try {
      await navigator.clipboard.writeText(this.#secretText.value)
      say('Copied.')
      find(document, '#copy', HTMLElement).textContent = 'Copied'
    } catch {
      // It is selected, so a person can still copy it by hand.
      say('The key is selected. Copy it with the keyboard.')
    }
  }

  #dismiss() {
    this.hideSecret()
    this.frame.focus()
  }

  hideSecret() {
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
