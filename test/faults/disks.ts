import { beforeAll } from 'vitest'
import { temporaryFolders } from '../process/temporary.ts'
import { compileLibrary, createDisk, type Disk } from './disk.ts'

/**
 * Makes disks, with the files of a folder on them where one is given, that go away with the test file.
 * Call it at the top level and before `servers`, so that no server outlives its disk.
 */
export function disks(): (content?: string) => Promise<Disk> {
  const folder = temporaryFolders()
  let library = ''
  beforeAll(async () => {
    library = compileLibrary(await folder())
  })
  return async (content) => createDisk(library, await folder(), content)
}
