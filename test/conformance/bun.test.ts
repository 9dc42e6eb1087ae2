import { isFullRun } from '../harness/sample.ts'
import { processConformance } from './process.ts'
import { runtimeParts } from './suite.ts'

processConformance('Bun', 'bun', {}, isFullRun ? undefined : runtimeParts)
