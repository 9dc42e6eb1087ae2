import { find } from './dom.js'

/**
 * Asks before something that can't be undone.
 * @param {string} question @param {string} deed the word on the button @returns {Promise<boolean>}
 */
export function askFirst(question, deed) {
  const dialog = find(document, '#ask', HTMLDialogElement)
  find(dialog, 'p', HTMLElement).textContent = question
  find(dialog, '[value="yes"]', HTMLButtonElement).textContent = deed
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
