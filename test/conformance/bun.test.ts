import { isFullRun } from '../harness/sample.ts'
import { processConformance } from './process.ts'
import { allButBounds } from './suite.ts'

processConformance('Bun', 'bun', {}, isFullRun ? undefined : allButBounds)
