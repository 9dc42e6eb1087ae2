/** Accessibility of a page: contrast, names for screen readers, and small screens. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

interface Style {
  color: string
  backgroundColor: string
  opacity: string
}
interface Element {
  localName: string
  parentElement: Element | null
  childNodes: Iterable<{ nodeType: number; data?: string }>
  placeholder?: string
  type?: string
  value?: string
  checkVisibility(): boolean
}
interface Canvas {
  getContext(
    kind: '2d',
    options: object,
  ): {
    fillStyle: string
    fillRect(x: number, y: number, width: number, height: number): void
    clearRect(x: number, y: number, width: number, height: number): void
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray }
  }
}
declare const document: {
  querySelectorAll(selector: string): Iterable<Element>
  createElement(name: 'canvas'): Canvas
  documentElement: { scrollWidth: number; clientWidth: number }
}
declare function getComputedStyle(element: Element, part?: string): Style

/** The texts whose contrast with the background is below WCAG's 4.5, as `3.9 p: the text`. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(measureContrast, 4.5)
}

/** The number of texts that `faintTexts` checks, to prove that it checks any. */
function textCount(page: Page): Promise<number> {
  return page.evaluate(measureContrast, 22).then(({ length }) => length)
}

/** Runs in the page, so it can use nothing from outside itself. */
function measureContrast(least: number): string[] {
  type Colour = [red: number, green: number, blue: number, alpha: number]
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })

  function parse(text: string): Colour {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = text
    canvas.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data
    return [red, green, blue, alpha / 255]
  }
  function over([r, g, b, alpha]: Colour, [r2, g2, b2]: Colour): Colour {
    const mix = (top: number, bottom: number) => top * alpha + bottom * (1 - alpha)
    return [mix(r, r2), mix(g, g2), mix(b, b2), 1]
  }
  function backOf(element: Element | null): Colour {
    if (!element) return [255, 255, 255, 1]
    const own = parse(getComputedStyle(element).backgroundColor)
    return own[3] === 1 ? own : over(own, backOf(element.parentElement))
  }
  function opacityOf(element: Element | null): number {
    return element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1
  }
  function light(colour: Colour): number {
    const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  function contrast(element: Element, style: Style): number {
    const back = backOf(element)
    const [red, green, blue, alpha] = parse(style.color)
    const ink = over([red, green, blue, alpha * opacityOf(element)], back)
    const [dark = 0, bright = 0] = [light(ink), light(back)].toSorted((one, other) => one - other)
    return (bright + 0.05) / (dark + 0.05)
  }
  function ownText({ childNodes, type, value }: Element): string {
    const texts = Array.from(childNodes, ({ nodeType, data = '' }) => (nodeType === 3 ? data : ''))
    return (texts.join('').trim() || (type === 'text' ? (value ?? '') : '')).slice(0, 40)
  }

  const faint: string[] = []
  const note = (element: Element, text: string, style: Style) => {
    const found = contrast(element, style)
    if (found < least) faint.push(`${found.toFixed(2)} ${element.localName}: ${text}`)
  }
  for (const element of document.querySelectorAll('body *:not(script, style, noscript, template)')) {
    if (!element.checkVisibility()) continue
    if (ownText(element)) note(element, ownText(element), getComputedStyle(element))
    if (element.placeholder) note(element, element.placeholder, getComputedStyle(element, '::placeholder'))
  }
  return faint
}

/** The number of pixels beyond the right edge of the window. */
function overflowPx(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

const actionable = ['textbox', 'button', 'checkbox', 'radio', 'link']

/** The accessible name of each field, button and link: `button "Add"`. */
export async function accessibleNames(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page)
  const { nodes } = await devtools.send('Accessibility.getFullAXTree')
  return nodes
    .filter(({ ignored, role }) => !ignored && actionable.includes(String(role?.value)))
    .map(({ role, name }) => `${role?.value} ${JSON.stringify(name?.value ?? '')}`)
}

/** The narrowest phones, and a window. */
const widths = [320, 360, 1000]

/** Checks the current state of a page: no width scrolls sideways, texts stand out in light and dark, and all has a name. */
export async function expectAccessible(page: Page, { textsMin }: { textsMin: number }): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 })
    expect(await overflowPx(page), `pixels beyond a width of ${width}`).toBe(0)
  }
  const backs = new Set<string>()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await textCount(page)).toBeGreaterThan(textsMin)
    expect(await faintTexts(page), colorScheme).toEqual([])
    backs.add(await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'))
  }
  expect(backs.size).toBe(2)
  const names = await accessibleNames(page)
  expect(names.length).toBeGreaterThan(4)
  expect(names.filter((name) => name.endsWith(' ""'))).toEqual([])
}
