/** The bytes of the requests, as they are sent. */
import { posted } from './responses.ts'

/** Eight characters that are another number in each request. */
export const varying = '@@@@@@@@'

/** The headers of Chrome for a same-origin `fetch`: 560 bytes with Host and line ends. */
const browserHeaders = [
  'Connection: keep-alive',
  'sec-ch-ua-platform: "Windows"',
  'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'sec-ch-ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'Accept: */*',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: http://localhost/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
  'Cookie: session=5f2a9c81d7e34b60; theme=dark; csrf=8b1d4e907a2c6f',
]

function request(line: string, host: string, headers: readonly string[] = [], body = ''): string {
  return `${[`${line} HTTP/1.1`, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n${body}`
}

export function get(host: string): string {
  return request('GET /json', host)
}

export function browserGet(host: string): string {
  return request('GET /json', host, browserHeaders)
}

export function varyingGet(host: string): string {
  return request('GET /json', host, [`X-Request-Id: ${varying}`, ...browserHeaders])
}

export function post(host: string): string {
  const body = JSON.stringify(posted)
  return request('POST /json', host, ['Content-Type: application/json', `Content-Length: ${body.length}`], body)
}

export function streamGet(host: string): string {
  return request('GET /stream', host)
}
