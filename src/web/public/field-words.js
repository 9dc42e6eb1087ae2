/** What people read of a field that is wrong, in words for people. */

/** @typedef {import('./area.js').Detail} Detail */

const passwordWords = {
  empty: 'Write a password.',
  too_small: 'That is too short: it takes 8 characters or more.',
  too_big: 'That is too long: 128 characters are the most.',
  too_common: 'That is among the first that anybody would guess. Take another one.',
  wrong: 'That is not your password.',
}

const words = /** @type {Record<string, Record<string, string>>} */ ({
  email: {
    empty: 'Write your e-mail address.',
    invalid_format: 'Write a whole e-mail address, like ada@example.org.',
    not_unique: 'This address has an account already. Sign in, or take another address.',
  },
  password: passwordWords,
  newPassword: passwordWords,
  code: {
    invalid_reference:
      'This code does not work any more, or there is an administrator already. Without it you can still sign up.',
  },
  token: {
    empty: 'Write the code from the letter.',
    invalid_reference: 'This link or code does not work any more: it is good for one hour and one time.',
  },
  name: { empty: 'Write what the key is for.', too_small: 'Write what the key is for.' },
  scopes: { too_small: 'Choose what the key may do.' },
  expiresAt: { past: 'Choose a time that is yet to come.' },
  role: { empty: 'Write a role, such as user or admin.' },
})

/** @param {Detail} detail */
export function explain({ field, code, message }) {
  return words[fieldOf(field)]?.[code] ?? `This ${message}.`
}

/** The name of the control: `scopes.0` is in `scopes`. @param {string} path */
export function fieldOf(path) {
  return path.split('.')[0] ?? ''
}
