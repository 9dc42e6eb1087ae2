/** Files that are imported and exported as streams. */
import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { newClient } from './limits.ts'
import { unique } from './rows.ts'

interface Line {
  line: number
  code?: string
  created?: number
  failed?: number
  done?: boolean
}

const rowCount = 700

export function transferCases({ origin }: Subject): void {
  const rows = (name: string) =>
    Array.from({ length: rowCount }, (_, n) => `${JSON.stringify({ title: `${name} ${n}` })}\n`)

  async function post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers, duplex: 'half' }
    return fetch(`${origin()}${path}`, init)
  }

  async function importText(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Line[]> {
    const response = await post(path, body, headers)
    const text = await response.text()
    expect([response.status, response.headers.get('content-type')], text).toEqual([200, 'application/x-ndjson'])
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  }

  async function exported(name: string, more = ''): Promise<string> {
    const query = new URLSearchParams({ 'filter[title][$gte]': `${name} `, 'filter[title][$lt]': `${name}!` })
    const response = await fetch(`${origin()}/api/todos/export?${query}${more}`)
    expect(response.status).toBe(200)
    return response.text()
  }

  test('an import creates its rows, and names the lines that it refuses', async () => {
    const name = unique('import')
    const body = [...rows(name).slice(0, 10), 'no JSON\n', '{"title":""}\n'].join('')
    const lines = await importText('/api/todos/import', body)
    expect(lines.filter(({ code }) => code).map(({ line, code }) => [line, code])).toEqual([
      [11, 'malformed_json'],
      [12, 'validation_failed'],
    ])
    expect(lines.at(-1)).toMatchObject({ created: 10, failed: 2, done: true })
  })

  test('an import of a client with limits', async () => {
    const name = unique('limited')
    const body = new Blob([rows(name).slice(0, 20).join('')]).stream()
    expect((await importText('/api/todos/import', body, newClient())).at(-1)).toMatchObject({ created: 20, done: true })
    const response = await fetch(`${origin()}/api/todos/export?filter[title][$startsWith]=${name}`, {
      headers: newClient(),
    })
    expect((await response.text()).trimEnd().split('\n')).toHaveLength(20)
  })

  test('an import answers while it is still being sent', async () => {
    const name = unique('duplex')
    const all = rows(name)
    const first = Promise.withResolvers<void>()
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (sent === 1) await first.promise
        const text = sent === 0 ? all.slice(0, 300).join('') : all.slice(300).join('')
        controller.enqueue(new TextEncoder().encode(text))
        sent += 1
        if (sent === 2) controller.close()
      },
    })
    const response = await post('/api/todos/import', body)
    const reader = (response.body as ReadableStream<BufferSource>).pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader.read()).value ?? ''
    expect(JSON.parse(text.split('\n')[0] ?? '')).toEqual({ line: 0, created: 0, updated: 0, skipped: 0, failed: 0 })
    first.resolve()
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ created: rowCount, done: true })
  })

  test('an export has the rows of an import, in order, and is continued after any of them', async () => {
    const name = unique('export')
    await importText('/api/todos/import', rows(name).join(''))
    const lines = (await exported(name)).trimEnd().split('\n')
    const found = lines.map((line) => JSON.parse(line) as { id: string; title: string; createdAt: string })
    expect(found.map(({ title }) => title)).toEqual(Array.from({ length: rowCount }, (_, n) => `${name} ${n}`))
    const { createdAt, id } = found[500] as (typeof found)[0]
    expect(await exported(name, `&after=${createdAt},${id}`)).toBe(`${lines.slice(501).join('\n')}\n`)
  })

  test('CSV goes out and in', async () => {
    const name = unique('csv')
    const head = 'title,completed\r\n'
    const lines = await importText('/api/todos/import', `${head}"${name} ""a"", b",true\r\n${name} c,\r\n`, {
      'Content-Type': 'text/csv',
    })
    expect(lines.at(-1)).toMatchObject({ created: 2, done: true })
    const csv = await exported(name, '&format=csv&fields=title,completed')
    const cells = csv.split('\r\n').map((line) => line.replace(/^\w{26},/, '').replace(/,[\dT:.Z-]+$/, ''))
    expect(cells).toEqual(['id,title,completed,createdAt', `"${name} ""a"", b",true`, `${name} c,false`, ''])
  })

  test('an import that is cut goes on with its key, and stores each row once', async () => {
    const name = unique('resumed')
    const key = { 'Idempotency-Key': name }
    const all = rows(name)
    const cut = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(all.slice(0, 450).join(''))),
        async pull(controller) {
          // Once some of it is stored.
          while ((await exported(name)) === '') await new Promise((resolve) => setTimeout(resolve, 10))
          controller.error(new Error('cut'))
        },
      },
      { highWaterMark: 0 },
    )
    await post('/api/todos/import', cut, key)
      .then((response) => response.text())
      .catch(() => {})
    let lines: Line[] = []
    // The server may not know yet that the first request has ended.
    do lines = await importText('/api/todos/import', all.join(''), key)
    while (lines.at(-1)?.code === 'idempotency_key_reused')
    expect(lines.at(-1)).toMatchObject({ line: rowCount, created: rowCount, done: true })
    const titles = (await exported(name))
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { title: string }).title)
    expect(titles).toEqual(Array.from({ length: rowCount }, (_, n) => `${name} ${n}`))
  })

  test.each([
    ['GET', '/api/todos/export?limit=1', 400],
    ['GET', '/api/todos/export?format=xml', 400],
    ['POST', '/api/todos/import?onConflict=x', 400],
    ['GET', '/api/secrets/export', 404],
  ])('%s %s is refused', async (method, path, status) => {
    const response = await fetch(`${origin()}${path}`, { method, ...(method === 'POST' && { body: '{}' }) })
    expect(response.status).toBe(status)
    await response.text()
  })
}
