import { type BuiltInRole, rolePattern } from '../request/identity.ts'
import { type DeclareTopic, declaringTopics } from '../topics/topic.ts'
import { type DeclareCollection, declaringCollections } from './collection.ts'

/** `collection` and `topic` of an app whose users have these roles beside `user` and `admin`. */
export interface Roles<Role extends string> {
  names: readonly Role[]
  collection: DeclareCollection<BuiltInRole | Role>
  topic: DeclareTopic<BuiltInRole | Role>
}

/**
 * Declares the roles of an app's users. Rules of the collections and topics that are declared by the result may name them, and no
 * others.
 * @throws TypeError for a name that no role can have
 */
export function roles<const Role extends string>(...names: readonly Role[]): Roles<Role> {
  for (const name of names) {
    if (!rolePattern.test(name))
      throw new TypeError(
        `The role ${JSON.stringify(name)} must be like editor, and not a word of rules: ${rolePattern}.`,
      )
  }
  return { names, collection: declaringCollections(names), topic: declaringTopics(names) }
}
