import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'

const timeoutMs = 30_000

/**
 * Runs a script in bash and returns its output; variables last until the next script in the same folder. A script that
 * does not end, such as an event stream, is ended as soon as `isEnough`.
 * @throws Error when a command fails
 */
export async function runShell(script: string, folder: string, isEnough: (output: string) => boolean): Promise<string> {
  const variables = join(folder, 'variables.sh')
  const wrapped = `. ${variables} 2>/dev/null\nset -e\n${script}\ndeclare -p >${variables}`
  const child = spawn('bash', ['-c', wrapped], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = () => process.kill(-(child.pid as number), 'SIGKILL')
  const timer = setTimeout(end, timeoutMs)
  let output = ''
  child.stdout.on('data', (chunk) => {
    const wasEnough = isEnough(output)
    output += String(chunk)
    if (!wasEnough && isEnough(output)) end()
  })
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code === 0 || isEnough(output)) return output
  throw new Error(`The script failed:\n${script}\n${output}`)
}
