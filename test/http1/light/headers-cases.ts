/** `Headers` with fields: those of a response, and those that came with a request. */
import { changingCases, readingCases } from './headers-content-cases.ts'
import { iterationCases } from './headers-iteration-cases.ts'
import { passingCases, shapeCases } from './headers-shape-cases.ts'
import type { Case } from './kit.ts'

const fieldsCases = [...readingCases, ...changingCases, ...iterationCases, ...shapeCases, ...passingCases]

export const headersCases: Case[] = fieldsCases.flatMap(({ name, pairs, run }) => [
  { name: `Headers of a response: ${name}`, run: (kit) => run(kit.headers(pairs), kit) },
  { name: `Headers of a request: ${name}`, run: (kit) => run(kit.arrivedHeaders(pairs), kit) },
])
