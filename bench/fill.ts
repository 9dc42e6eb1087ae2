/** Fills a server by its own API, over keep-alive connections. */
import { Agent, request } from 'node:http'

const connections = 64

interface FillResponse {
  status: number
  body: string
}

/** POSTs `bodyOf(1)` to `bodyOf(count)`, and returns the response bodies in that order. @throws Error unless each is 201 */
export async function fillByPost(url: string, count: number, bodyOf: (n: number) => unknown): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const responses: string[] = Array.from({ length: count })
  let next = 1
  async function worker(): Promise<void> {
    for (let n = next++; n <= count; n = next++) {
      const { status, body } = await post(agent, url, JSON.stringify(bodyOf(n)))
      if (status !== 201) throw new Error(`${url} answered ${status}: ${body}`)
      responses[n - 1] = body
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return responses
}

function post(agent: Agent, url: string, text: string): Promise<FillResponse> {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const posted = request(url, { method: 'POST', agent, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    posted.on('error', reject)
    posted.end(text)
  })
}
