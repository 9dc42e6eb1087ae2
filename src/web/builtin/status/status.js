import { createHistory } from './history.js'
import { parseMetrics } from './metrics.js'
import { panels } from './panels.js'
import { createPlot } from './plot.js'
import { dropToken, Forbidden, keepToken, readMetrics } from './source.js'
import { createTable } from './table.js'

/** @typedef {import('./metrics.js').Families} Families */

const stepMs = 1000
const state = find('#state', HTMLElement)
const tokenForm = find('#token-form', HTMLFormElement)
const token = find('#token', HTMLInputElement)
const problem = find('#problem', HTMLElement)

const plots = panels.map((panel) => ({ panel, ...createPlot(panel) }))
const history = createHistory((change) => panels.map(({ lines }) => lines.map(({ read }) => read(change))))
const table = createTable(
  find('#routes', HTMLElement),
  find('#routes tbody', HTMLTableSectionElement),
  find('#order', HTMLElement),
)

for (const { panel, figure } of plots) {
  figure.hidden = true
  find(panel.small ? '#figures' : '#plots', HTMLElement).append(figure)
}

/** Samples the metrics every second while the page is open and visible. */
async function watch() {
  for (;;) {
    const startMs = performance.now()
    await sample()
    await pause(startMs + stepMs - performance.now())
    if (document.hidden) await untilVisible()
  }
}

async function sample() {
  try {
    const families = parseMetrics(await readMetrics())
    history.add(families, performance.now())
    draw(families)
    say('live', 'Live: updated every second, showing the last two minutes.')
  } catch (error) {
    history.skip()
    if (error instanceof Forbidden) return await askForToken(error.message)
    draw(null)
    say('lost', `${/** @type {Error} */ (error).message} Trying again every second.`)
  }
}

/** @param {Families | null} families null when the metrics could not be read */
function draw(families) {
  for (const [index, { panel, figure, draw: drawPlot }] of plots.entries()) {
    if (families) figure.hidden = !families.has(panel.metric)
    drawPlot(history.points.map((values) => values?.[index] ?? null))
  }
  if (families) table.draw(history.window())
}

/** Waits until the page is visible again. */
async function untilVisible() {
  history.skip()
  say('paused', 'Paused while the page is hidden.')
  await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }))
}

/** Shows the form until a valid token is submitted. @param {string} message */
async function askForToken(message) {
  dropToken()
  say('closed', 'The metrics need a token.')
  tokenForm.hidden = false
  explain(message)
  token.focus()
  do await submitted()
  while (!takeToken())
  tokenForm.hidden = true
  token.value = ''
  say('live', 'Trying the token …')
}

function takeToken() {
  const taken = keepToken(token.value.trim())
  if (!taken) explain('A token has only ASCII letters, digits and punctuation.')
  return taken
}

/** @param {string} message */
function explain(message) {
  problem.textContent = message
  token.ariaInvalid = message === '' ? null : 'true'
}

/** @returns {Promise<void>} */
function submitted() {
  const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers())
  tokenForm.addEventListener(
    'submit',
    (event) => {
      event.preventDefault()
      resolve()
    },
    { once: true },
  )
  return promise
}

/** Changes the text only when it differs, as screen readers announce each change. @param {string} kind @param {string} text */
function say(kind, text) {
  if (state.textContent === text) return
  state.dataset.kind = kind
  state.textContent = text
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}

/** @template {Element} T @param {string} selector @param {new () => T} type */
function find(selector, type) {
  const found = document.querySelector(selector)
  if (found instanceof type) return found
  throw new Error(`The page has no ${selector}`)
}

void watch()
