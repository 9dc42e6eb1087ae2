import { processConformance } from './process.ts'

processConformance('Deno', 'deno', { HTTP_ENGINE: 'node' })
