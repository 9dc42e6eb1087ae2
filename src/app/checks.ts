import type { AnyCollection } from '../collections/declaration.ts'
import type { Fields } from '../collections/field.ts'

/**
 * Checks that names are unique and references lead to a collection; otherwise every write would fail.
 * @throws TypeError
 */
export function checkCollections(collections: readonly AnyCollection[]): void {
  const names = new Set<string>()
  for (const { name } of collections) {
    if (names.has(name)) throw new TypeError(`Two collections have the name ${name}: give each its own.`)
    names.add(name)
  }
  for (const { name, fields } of collections) {
    for (const [key, { column }] of Object.entries(fields as Fields)) {
      const target = column.references?.collection
      if (target === undefined || names.has(target)) continue
      throw new TypeError(`The field ${name}.${key} refers to ${target}, which is not a collection of this app.`)
    }
  }
}
