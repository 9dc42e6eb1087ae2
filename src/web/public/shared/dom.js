/** Finding, copying and listening to elements. */

/** @template {Element} T @param {ParentNode} root @param {string} selector @param {new () => T} type */
export function find(root, selector, type) {
  const found = root.querySelector(selector)
  if (found instanceof type) return found
  throw new Error(`The page has no ${selector}`)
}

/** A new copy of the one element in a template. @param {HTMLTemplateElement} template */
export function copy(template) {
  return find(document.importNode(template.content, true), '*', HTMLElement)
}

/** @param {HTMLFormElement} form @param {() => void} action */
export function onSubmit(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    action()
  })
}

/** Announces a change to screen readers. @param {string} text */
export function say(text) {
  const status = find(document, '#status', HTMLElement)
  status.textContent = ''
  // Without the pause a screen reader misses a sentence that equals the one before.
  setTimeout(() => {
    status.textContent = text
  }, 60)
}
