/** What the compiler checks of the declarations of an app together. Each mistake is a type whose text says it. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Fields } from '../collections/field.ts'
import type { Topic } from '../topics/topic.ts'

type NameOf<C extends readonly AnyCollection[]> = C[number]['name']

/** The references of a collection to others than these. */
type LostReference<Name extends string, F extends Fields, Names> = {
  [Key in keyof F & string]: F[Key] extends { column: { references: { collection: infer Target extends string } } }
    ? Target extends Names
      ? never
      : `The field ${Name}.${Key} refers to ${Target}, which is not a collection of this app.`
    : never
}[keyof F & string]

type LostReferences<C extends readonly AnyCollection[]> =
  string extends NameOf<C>
    ? never
    : { [Each in C[number] as Each['name']]: LostReference<Each['name'], Each['fields'], NameOf<C>> }[NameOf<C>]

/** Refuses collections whose references lead nowhere. */
export type CheckedReferences<C extends readonly AnyCollection[]> = [LostReferences<C>] extends [never]
  ? unknown
  : { collections: LostReferences<C> }

/** Routes of topics whose name, `:topic`, is one of these collections and topics. */
export type NamedTopics<S, C extends readonly AnyCollection[], T extends readonly Topic[]> = {
  [Path in keyof S]: {
    [Method in keyof S[Path]]: S[Path][Method] & { input: { param: { topic: NameOf<C> | T[number]['name'] } } }
  }
}
