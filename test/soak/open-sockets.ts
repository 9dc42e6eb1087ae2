/** The sockets of a process as the kernel counts them, which knows of those that the process has lost, too. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Open sockets, listening ones too, but for those a runtime talks to itself with; 0 where there is no /proc. */
export function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`
  try {
    const inner = readFileSync(`/proc/${pid}/net/unix`, 'utf8')
    const inodes = readdirSync(folder).map((name) => socketInode(`${folder}/${name}`))
    return inodes.filter((inode) => inode !== null && !inner.includes(` ${inode}\n`)).length
  } catch {
    return 0
  }
}

/** null when it is no socket, or closed by now. */
function socketInode(path: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? null
  } catch {
    return null
  }
}
