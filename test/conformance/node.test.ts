import { isFullRun } from '../harness/sample.ts'
import { processConformance } from './process.ts'
import { httpParts } from './suite.ts'

processConformance('Node', 'node', { HTTP_ENGINE: 'node' }, isFullRun ? undefined : httpParts)
