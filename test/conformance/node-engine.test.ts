import { processConformance } from './process.ts'

processConformance("Node, on Galley's own HTTP server", 'node', { HTTP_ENGINE: 'galley' })
