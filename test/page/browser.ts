/** One Chromium for a test file; each page is in its own context and records its faults. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, type ConsoleMessage, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Chromium without a window takes a quarter of the processor time of Chromium in headless mode. */
const [shell, chromiumPath] = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
const executablePath = existsSync(shell) ? shell : chromiumPath

const quietArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages share one, which saves the start of a process each.
  '--renderer-process-limit=1',
]
const waitTimeoutMs = 60_000

export interface Visit {
  page: Page
  /** Violations of the policy, uncaught errors, errors on the console and requests to another host. */
  faults: string[]
}

export interface VisitOptions extends BrowserContextOptions {
  /** Without a message connection, so that it receives no changes of others. */
  withoutWebSocket?: boolean
}

export type OpenPage = (url: string, options?: VisitOptions) => Promise<Visit>

export function useBrowser(): OpenPage {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: quietArguments })
  })
  afterAll(() => browser?.close())
  return async (url, { withoutWebSocket = false, ...options } = {}) => {
    if (!browser) throw new Error('The browser did not start')
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
    onTestFinished(() => context.close())
    context.setDefaultTimeout(waitTimeoutMs)
    if (withoutWebSocket) await context.routeWebSocket(/connect/, (webSocket) => webSocket.close())
    const page = await context.newPage()
    const faults = await watch(page, new URL(url).origin)
    await page.goto(url)
    return { page, faults }
  }
}

async function watch(page: Page, origin: string): Promise<string[]> {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && !isErrorStatus(message)) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== origin) faults.push(`request: ${request.url()}`)
  })
  await page.exposeFunction('reportViolation', (text: string) => faults.push(`violation: ${text}`))
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile))`)
  return faults
}

/** Chromium logs every 4xx and every refused connection as an error; those are expected. */
function isErrorStatus(message: ConsoleMessage): boolean {
  return message.text().startsWith('Failed to load resource') && message.location().url.includes('/api/')
}
