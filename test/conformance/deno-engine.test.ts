import { processConformance } from './process.ts'

processConformance("Deno, on Galley's own HTTP server", 'deno', { HTTP_ENGINE: 'galley' })
