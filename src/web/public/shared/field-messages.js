/** Error messages of fields, by the name of the field and the code of the error. */

/** @typedef {import('./action-area.js').Detail} Detail */

const passwordMessages = {
  empty: 'Enter a password.',
  too_small: 'That is too short: use at least 8 characters.',
  too_big: 'That is too long: use at most 128 characters.',
  too_common: 'That is one of the most common passwords. Choose another one.',
  wrong: 'That is not your password.',
}

const messages = /** @type {Record<string, Record<string, string>>} */ ({
  email: {
    empty: 'Enter your email address.',
    invalid_format: 'Enter a complete email address, like ada@example.org.',
    not_unique: 'This address has an account already. Sign in, or use another address.',
  },
  password: passwordMessages,
  newPassword: passwordMessages,
  code: {
    empty: 'Enter the code from the email.',
    invalid_reference: 'This code does not work for this address, or not any more. Without it you can still sign up.',
  },
  token: {
    empty: 'Enter the code from the email.',
    invalid_reference: 'This link or code has expired: it works once, for one hour.',
  },
  name: { empty: 'Enter what the key is for.', too_small: 'Enter what the key is for.' },
  scopes: { too_small: 'Choose at least one permission.' },
  expiresAt: { past: 'Choose a time in the future.' },
  role: { empty: 'Enter a role, such as user or admin.' },
})

/** @param {Detail} detail */
export function explain({ field, code, message }) {
  return messages[fieldOf(field)]?.[code] ?? `This ${message}.`
}

/** The name of the control: `scopes.0` is in `scopes`. @param {string} path */
export function fieldOf(path) {
  return path.split('.')[0] ?? ''
}
