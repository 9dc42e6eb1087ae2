/** Reads the parameter `expand=patient,doctor.clinic`, which names references. */
import { type AppError, invalidField } from '../errors.ts'
import type { AnyCollection } from './declaration.ts'
import type { FieldSelection } from './field-selection.ts'
import { referencesIn } from './references.ts'

/** References one after the other. */
export const expandDepthMax = 3
/** References in all, each of which takes a statement. */
export const expandsMax = 10

/** A reference to expand, and those to expand in the row that it names. */
export interface Expand {
  field: string
  target: AnyCollection
  below: Expand[]
}

type Collections = ReadonlyMap<string, AnyCollection>

/** @throws AppError `validation_failed` for a path that is not made of references, is too deep, or one too many */
export function parseExpand(text: string, collection: AnyCollection, collections: Collections): Expand[] {
  const top: Expand[] = []
  let count = 0
  for (const path of text.split(',', expandsMax + 1)) {
    const names = path.split('.', expandDepthMax + 1)
    if (names.length > expandDepthMax)
      throw expandProblem('too_deep', `may have ${expandDepthMax} references in a path`)
    let level = top
    let from = collection
    for (const name of names) {
      let node = level.find(({ field }) => field === name)
      if (node === undefined) {
        node = { field: name, target: targetOf(name, from, collections), below: [] }
        level.push(node)
        count += 1
      }
      level = node.below
      from = node.target
    }
  }
  if (count > expandsMax) throw expandProblem('too_big', `may name ${expandsMax} references at most`)
  return top
}

function targetOf(name: string, collection: AnyCollection, collections: Collections): AnyCollection {
  const found = referencesIn(collection, collections).find(({ field }) => field === name)
  if (found !== undefined) return found.target
  throw expandProblem('not_a_reference', `${collection.name} has no reference ${JSON.stringify(name.slice(0, 100))}`)
}

/** @throws AppError `validation_failed` when a response would lack the id of an expanded row */
export function checkSelected(expand: readonly Expand[], fields: FieldSelection): void {
  const missing = expand.find(({ field }) => fields !== null && !fields.includes(field))
  if (missing !== undefined) throw expandProblem('not_selected', `${missing.field} must be one of the fields`)
}

/** The error of this parameter. */
export function expandProblem(code: string, message: string): AppError {
  return invalidField('expand', code, message)
}
