// @ts-check
import { notifyPages } from './shared/account-events.js'
import { find, say } from './shared/dom.js'
import { FieldForm } from './shared/field-form.js'
import { call } from './shared/http-api.js'

const form = find(document, '#reset', HTMLFormElement)
const token = find(document, '#token', HTMLInputElement)
const tokenField = find(document, '#token-field', HTMLElement)
const title = find(document, '#title', HTMLElement)
const fields = new FieldForm(form, reset)

/** Takes the code from the fragment, as in the link of the email; without it, it is typed. */
function takeToken() {
  const [, given = ''] = /^#(glr_[\w-]+)$/.exec(location.hash) ?? []
  token.value = given
  tokenField.hidden = given !== ''
  find(form, given ? '#password' : '#token', HTMLInputElement).focus()
}

async function reset() {
  const body = { token: token.value.trim(), password: fields.value('password') }
  await call('POST', '/api/auth/reset/confirm', {}, body).catch((error) => {
    // Show a refused code, as it may contain a typing error.
    if (error.details?.some((/** @type {{ field: string }} */ { field }) => field === 'token'))
      tokenField.hidden = false
    throw error
  })
  // The code is used: remove it from the history.
  history.replaceState(null, '', location.pathname)
  notifyPages()
  form.hidden = true
  title.textContent = 'Your new password is set'
  find(document, '#lead', HTMLElement).textContent = 'All sessions have ended. Sign in with the new password.'
  find(document, '#done', HTMLElement).hidden = false
  title.focus()
  say('Your new password is set.')
}

addEventListener('hashchange', takeToken)
takeToken()
