/** Draws a panel as SVG. The lines stretch with the box; the texts beside them are HTML, so that they do not. */
import { samplesMax } from './history.js'
import { roundUp } from './units.js'

/** @typedef {import('./panels.js').Panel} Panel */
/** @typedef {readonly ((number | null)[] | null)[]} Points the values of the panel's lines, null where there are none */

const height = 100
const width = samplesMax - 1
const svgSpace = 'http://www.w3.org/2000/svg'

/** @param {Panel} panel */
export function createPlot({ title, lines, write, scaleMin, small }) {
  const figure = html('figure', small ? 'plot small' : 'plot')
  const legend = html('ul', 'legend')
  const scale = html('div', 'scale')
  const drawing = createDrawing()
  const entries = lines.map(({ name, look }) => createEntry(name, look))
  const paths = lines.map(({ look }) => svg('path', { class: `line ${look}` }))
  legend.append(...entries.map(({ item }) => item))
  scale.ariaHidden = 'true'
  drawing.root.append(...paths)
  figure.append(html('figcaption', '', title), legend, scale, drawing.root)

  /** @param {number | null | undefined} value */
  const written = (value) => (value === null || value === undefined ? '–' : write(value))

  return {
    figure,
    /** @param {Points} points the newest last */
    draw(points) {
      const newest = points.at(-1) ?? []
      const highest = Math.max(...points.flatMap((values) => values ?? []).map((value) => value ?? 0), 0)
      const top = roundUp(Math.max(highest, scaleMin))
      const texts = lines.map(({ name }, index) => `${name} ${written(newest[index])}`)
      drawing.title.textContent = `${title}: ${texts.join(', ')}. Highest in two minutes: ${write(highest)}.`
      scale.textContent = write(top)
      for (const [index, path] of paths.entries()) {
        const values = points.map((each) => each?.[index] ?? null)
        // A further line of zeros would hide the first one, and a red one would alarm.
        const isDrawn = index === 0 || values.some((value) => value)
        path.setAttribute('d', isDrawn ? outline(values, top) : '')
        setText(entries[index]?.value, written(newest[index]))
      }
    },
  }
}

/** The image with its title and grid, without lines. */
function createDrawing() {
  const root = svg('svg', { role: 'img', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' })
  const title = svg('title', {})
  root.append(title, svg('path', { class: 'grid', d: `M0 0H${width}M0 ${height / 2}H${width}M0 ${height}H${width}` }))
  return { root, title }
}

/** @param {string} name @param {string} look */
function createEntry(name, look) {
  const item = html('li', look)
  const value = html('b', '')
  item.append(html('span', '', name), ' ', value)
  return { item, value }
}

/**
 * The path of one line, broken where there is no value. A value alone is a dot.
 * @param {readonly (number | null)[]} values the newest last, at the right edge
 * @param {number} top
 */
export function outline(values, top) {
  const start = samplesMax - values.length
  let pen = 'M'
  return values.reduce((path, value, index) => {
    const command = value === null ? '' : `${pen}${start + index} ${Number((height * (1 - value / top)).toFixed(2))}`
    const dot = pen === 'M' && value !== null ? 'h0' : ''
    pen = value === null ? 'M' : 'L'
    return path + command + dot
  }, '')
}

/** Changes the text only when it differs, so that a selection in it stays. @param {Element | undefined} element @param {string} text */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}

/** @param {string} name @param {string} className @param {string} [text] */
function html(name, className, text = '') {
  const element = document.createElement(name)
  if (className) element.className = className
  element.textContent = text
  return element
}

/** @param {string} name @param {Record<string, string>} attributes */
function svg(name, attributes) {
  const element = document.createElementNS(svgSpace, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}
