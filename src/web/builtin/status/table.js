import { setText } from './plot.js'
import { rankRoutes } from './routes.js'
import { count, duration, rate } from './units.js'

/** @typedef {import('./history.js').Change} Change */
/** @typedef {import('./routes.js').Route} Route */

const columns = 6

/**
 * Keeps the table of routes in the chosen order.
 * @param {HTMLElement} section @param {HTMLTableSectionElement} body @param {HTMLElement} choice
 */
export function createTable(section, body, choice) {
  let shown = /** @type {Change | null} */ (null)

  function draw() {
    const slowest = choice.querySelector('[value=slowest]:checked') !== null
    const rows = shown ? rankRoutes(shown, slowest ? 'slowest' : 'busiest') : []
    section.hidden = rows.length === 0
    while (body.rows.length > rows.length) body.deleteRow(-1)
    for (const [index, route] of rows.entries()) fill(body.rows[index] ?? addRow(body), textsOf(route))
  }

  choice.addEventListener('change', draw)
  return {
    /** @param {Change | null} change over the window */
    draw(change) {
      shown = change
      draw()
    },
  }
}

/** @param {Route} route */
function textsOf({ method, route, rate: perSecond, p50, p99, refused, failed }) {
  const times = [p50, p99].map((value) => (value === null ? '–' : duration(value)))
  return [`${method} ${route}`, rate(perSecond), ...times, count(refused), count(failed)]
}

/** @param {HTMLTableSectionElement} body */
function addRow(body) {
  const row = body.insertRow()
  for (let index = 0; index < columns; index += 1) row.append(document.createElement(index === 0 ? 'th' : 'td'))
  row.querySelector('th')?.setAttribute('scope', 'row')
  return row
}

/** @param {HTMLTableRowElement} row @param {readonly string[]} texts */
function fill(row, texts) {
  for (const [index, text] of texts.entries()) setText(row.cells[index], text)
  row.classList.toggle('failing', texts.at(-1) !== '0')
}
