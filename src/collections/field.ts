export type { Column, Field, Fields } from './fields/column.ts'
/** The kinds of field. Each is one file in `fields/` and one line in its index. */
export * as field from './fields/index.ts'
