// @ts-check
import { tellPages } from './account-news.js'
import { call } from './api.js'
import { find, say } from './dom.js'
import { FieldForm } from './field-form.js'

const form = find(document, '#reset', HTMLFormElement)
const token = find(document, '#token', HTMLInputElement)
const tokenField = find(document, '#token-field', HTMLElement)
const title = find(document, '#title', HTMLElement)
const fields = new FieldForm(form, reset)

/** The link of a letter brings the code along; without it, it is typed. */
function takeToken() {
  const [, given = ''] = /^#(glr_[\w-]+)$/.exec(location.hash) ?? []
  token.value = given
  tokenField.hidden = given !== ''
  find(form, given ? '#password' : '#token', HTMLInputElement).focus()
}

async function reset() {
  const body = { token: token.value.trim(), password: fields.value('password') }
  await call('POST', '/api/auth/reset/confirm', {}, body).catch((error) => {
    // A code that does not work may be typed wrong: it must be seen for that.
    if (error.details?.some((/** @type {{ field: string }} */ { field }) => field === 'token'))
      tokenField.hidden = false
    throw error
  })
  // The code is used up, and need not stay in the history.
  history.replaceState(null, '', location.pathname)
  tellPages()
  form.hidden = true
  title.textContent = 'Your new password is set'
  find(document, '#lead', HTMLElement).textContent = 'All sessions have ended. Come in with the new password.'
  find(document, '#done', HTMLElement).hidden = false
  title.focus()
  say('Your new password is set.')
}

addEventListener('hashchange', takeToken)
takeToken()
