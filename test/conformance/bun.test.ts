import { processConformance } from './process.ts'

processConformance('Bun', 'bun')
