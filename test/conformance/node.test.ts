import { processConformance } from './process.ts'

processConformance('Node', 'node', { HTTP_ENGINE: 'node' })
