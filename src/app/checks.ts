import type { AnyCollection } from '../collections/declaration.ts'
import type { Fields } from '../collections/field.ts'

/**
 * Checks that names are unique, that references lead to a collection, because otherwise every write would fail, and that what is
 * deleted together can be restored together.
 * @throws TypeError
 */
export function checkCollections(collections: readonly AnyCollection[], sent: readonly AnyCollection[] = []): void {
  const names = new Set<string>()
  for (const { name } of collections) {
    if (names.has(name)) throw new TypeError(`Two collections have the name ${name}: give each its own.`)
    names.add(name)
  }
  for (const each of sent) {
    if (collections.includes(each)) continue
    throw new TypeError(`The webhooks name ${each.name}, which is not a collection of this app.`)
  }
  const softDeleted = new Set(collections.flatMap(({ name, softDelete }) => (softDelete ? [name] : [])))
  for (const { name, fields } of collections) {
    for (const [key, { column }] of Object.entries(fields as Fields)) {
      if (column.references === null) continue
      const { collection: target, onDelete } = column.references
      if (!names.has(target))
        throw new TypeError(`The field ${name}.${key} refers to ${target}, which is not a collection of this app.`)
      if (onDelete === 'cascade' && softDeleted.has(target) && !softDeleted.has(name))
        throw new TypeError(
          `The rows of ${name} are deleted with those of ${target} by ${name}.${key}, but could not be restored with them: declare softDelete in ${name} too.`,
        )
    }
  }
}
