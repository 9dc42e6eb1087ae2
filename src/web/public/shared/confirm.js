import { find } from './dom.js'

/**
 * Asks for confirmation of an action that can't be undone.
 * @param {string} question @param {string} label the text of the button @returns {Promise<boolean>}
 */
export function confirmAction(question, label) {
  const dialog = find(document, '#confirm', HTMLDialogElement)
  find(dialog, 'p', HTMLElement).textContent = question
  find(dialog, '[value="yes"]', HTMLButtonElement).textContent = label
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
