/** An echo server for real clients, and the programs among them. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Peer } from '../../../adapters/tcp/serve.ts'

/** Echoes requests, and keeps the connections that they came on. */
export class EchoServer {
  /** Each connection has a peer of its own. */
  readonly connections = new Set<Peer>()

  async fetch(request: Request, peer: Peer): Promise<Response> {
    this.connections.add(peer)
    const { pathname } = new URL(request.url)
    const [, what, number] = pathname.split('/')
    if (what === 'echo') return new Response(request.body)
    if (what === 'length') return new Response(String((await request.arrayBuffer()).byteLength))
    if (what === 'refuse') return new Response('no', { status: 403 })
    if (what === 'size') return new Response('x'.repeat(Number(number)))
    if (what === 'stream') return new Response(streamOf(Number(number)))
    return new Response(`${request.method} ${pathname}`)
  }
}

function streamOf(parts: number): ReadableStream<Uint8Array> {
  let left = parts
  return new ReadableStream({
    pull(controller) {
      if (left === 0) controller.close()
      else controller.enqueue(new Uint8Array(10_000))
      left -= 1
    },
  })
}

export function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Resolves with the output of a program that succeeds. */
export function run(program: string, args: readonly string[], input?: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: 2 ** 30, encoding: 'latin1' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}\n${stderr}`))
    })
    // A program that is satisfied may not take all of it.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

export function curl(...args: readonly string[]): Promise<string> {
  return run('curl', ['--silent', '--show-error', ...args])
}

/** Starts nginx with this inside `http {}`; resolves with the function that ends it. */
export async function startNginx(folder: string, http: string): Promise<() => Promise<void>> {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const paths = kinds.map((kind) => `${kind}_temp_path ${kind};`).join(' ')
  await writeFile(`${folder}/nginx.conf`, `events {} http { access_log off; ${paths} ${http} }`)
  const globals = 'daemon off; master_process off; pid nginx.pid; error_log stderr notice;'
  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', globals])
  const exited = once(child, 'exit')
  let output = ''
  const ready = new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk) => {
      output += String(chunk)
      if (/using the "\w+" event method/.test(output)) resolve()
    }),
  )
  const early = exited.then((): never => {
    throw new Error(`nginx ended:\n${output}`)
  })
  await Promise.race([ready, early])
  early.catch(() => {})
  return async () => {
    child.kill('SIGTERM')
    await exited
  }
}

/** A program that sends requests with bodies from many goroutines and exits with 1 on an error. */
export const goProgram = `package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

func main() {
	body := bytes.Repeat([]byte("0123456789"), 20000)
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for count := 0; count < 50; count++ {
				// A pipe hides the length, so that it goes in chunks.
				var reader io.Reader = bytes.NewReader(body)
				if count%2 == 0 {
					reader = io.MultiReader(reader)
				}
				response, err := http.Post(os.Args[1]+"/echo", "text/plain", reader)
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				echoed, err := io.ReadAll(response.Body)
				if err != nil || !bytes.Equal(echoed, body) {
					fmt.Println("not the same", len(echoed), err)
					os.Exit(1)
				}
				response.Body.Close()
			}
		}()
	}
	group.Wait()
	fmt.Println("all well")
}
`
