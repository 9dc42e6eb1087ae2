import { isFullRun } from '../harness/sample.ts'
import { processConformance } from './process.ts'
import { runtimeParts } from './suite.ts'

processConformance(
  "Deno, on Galley's own HTTP server",
  'deno',
  { HTTP_ENGINE: 'galley' },
  isFullRun ? undefined : runtimeParts,
)
