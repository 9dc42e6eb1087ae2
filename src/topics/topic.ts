import { z } from '@hono/zod-openapi'
import { AppError } from '../errors.ts'
import {
  type Actor,
  adminRole,
  type BuiltInRole,
  checkRule,
  fits,
  hasScope,
  type Identity,
  refusal,
} from '../request/identity.ts'
import type { Retention } from './log.ts'

/** A rule of any topic. */
export type TopicRule = string | ((identity: Identity | null, topic: string) => boolean)

/**
 * A rule of access to a topic: `anyone`, `signedIn`, `verified`, `nobody`, the name of a role, or a function of the identity (null
 * without one) and the topic's full name. Administrators pass every rule but `nobody` for publishing.
 */
export type TopicRuleOf<Role extends string> =
  | 'anyone'
  | 'signedIn'
  | 'verified'
  | 'nobody'
  | Role
  | ((identity: Identity<Role> | null, topic: string) => boolean)

export interface TopicOptions<
  S extends z.ZodType = z.ZodType,
  P extends boolean = boolean,
  Role extends string = BuiltInRole,
> {
  /** The schema of an event's data. Default: any JSON. */
  data?: S
  /** True if the topic is many logs, `NAME/PARTITION`, each with its own audience. Default: false. */
  partitioned?: P
  /** Default: everybody may read, and only the server publishes. */
  access?: { read?: TopicRuleOf<Role>; publish?: TopicRuleOf<Role> }
  /** Default: 10,000 events or 7 days, whichever is less. */
  keep?: { events?: number; days?: number }
}

/** A declared topic. */
export interface Topic<Name extends string = string, Data = unknown, P extends boolean = boolean> {
  name: Name
  data: z.ZodType<unknown, Data>
  isPartitioned: P
  read: TopicRule
  publish: TopicRule
  retention: Retention
}

const namePattern = /^[a-z][a-z0-9_]{0,39}$/
const partitionPattern = /^[A-Za-z0-9._~@-]{1,100}$/
const dayMs = 24 * 60 * 60 * 1000

/** Declares a topic whose rules may name these roles. */
export type DeclareTopic<Role extends string = BuiltInRole> = <
  const Name extends string,
  S extends z.ZodType = z.ZodUnknown,
  const P extends boolean = false,
>(
  name: Name,
  options?: TopicOptions<S, P, Role>,
) => Topic<Name, z.input<S>, P>

/**
 * Declares a topic: a log of events that clients follow and, if allowed, publish to.
 * @throws TypeError when the name or a rule is not valid
 */
export const topic: DeclareTopic = declaringTopics([])

const rules = ['anyone', 'signedIn', 'verified', 'nobody']

/** Makes the function that declares topics in an app with these roles. */
export function declaringTopics<Role extends string>(roles: readonly Role[]): DeclareTopic<BuiltInRole | Role> {
  return (name, options = {}) => {
    for (const rule of Object.values(options.access ?? {})) checkRule(name, rule, rules, roles)
    return createTopic(name, options)
  }
}

/** Makes a topic without checking its rules. @throws TypeError when the name is not valid */
export function createTopic<
  Name extends string,
  S extends z.ZodType = z.ZodUnknown,
  P extends boolean = false,
  Role extends string = string,
>(name: Name, options: TopicOptions<S, P, Role>): Topic<Name, z.input<S>, P> {
  if (!namePattern.test(name))
    throw new TypeError(`The topic name ${JSON.stringify(name)} must be like news: ${namePattern}.`)
  const { data = z.unknown().optional(), partitioned = false, access = {}, keep = {} } = options
  const { read = 'anyone', publish = 'nobody' } = access as { read?: TopicRule; publish?: TopicRule }
  return {
    name,
    data: data as z.ZodType<unknown, z.input<S>>,
    isPartitioned: partitioned as P,
    read,
    publish,
    retention: { events: keep.events ?? 10_000, ageMs: (keep.days ?? 7) * dayMs },
  }
}

/** Tests for the name of a partition: 1 to 100 characters, unreserved in paths (RFC 3986 §2.3) or `@`. */
export function isPartition(text: string): boolean {
  return partitionPattern.test(text)
}

/** The full name of one partition of a topic. */
export function partitionOf(name: string, partition: string): string {
  return `${name}/${partition}`
}

/** The declared topics and their rules. */
export interface TopicRules {
  /** @throws AppError `not_found`, `unauthorized`, `forbidden` */
  authorize(name: string, who: Actor, action?: 'read' | 'publish'): Topic
  /** The retention of a topic; null for one that is no longer declared. */
  retentionOf(name: string): Retention | null
}

export function createTopicRules(topics: readonly Topic[]): TopicRules {
  const declared = new Map(topics.map((each) => [each.name, each]))
  if (declared.size < topics.length) throw new TypeError('Two topics have the same name.')

  function find(name: string): Topic | null {
    const slash = name.indexOf('/')
    const found = declared.get(slash === -1 ? name : name.slice(0, slash))
    if (!found || found.isPartitioned !== slash > 0) return null
    return slash === -1 || isPartition(name.slice(slash + 1)) ? found : null
  }

  return {
    authorize(name, who, action = 'read') {
      const found = find(name)
      if (!found) throw new AppError('not_found', 'There is no such topic.')
      if (who === 'system' || allows(found, action, who, name)) return found
      const refused = action === 'publish' && allows(found, 'read', who, name) ? 'publish' : 'read'
      throw denial(found[refused], refused, who)
    },
    retentionOf: (name) => find(name)?.retention ?? null,
  }
}

/** The error for a refused action. A partition of a user is reported as missing, so that others can't probe for it. */
function denial(rule: TopicRule, action: 'read' | 'publish', identity: Identity | null): AppError {
  const isHidden = typeof rule === 'function' || rule === 'nobody'
  if (!isHidden) return refusal(identity)
  return action === 'read' ? new AppError('not_found', 'There is no such topic.') : new AppError('forbidden')
}

function allows(topic: Topic, action: 'read' | 'publish', identity: Identity | null, name: string): boolean {
  const rule = topic[action]
  if (rule === 'anyone') return true
  if (identity !== null && !hasScope(identity, topic.name, action === 'read' ? 'read' : 'write')) return false
  if (rule === 'nobody') return identity?.role === adminRole && action === 'read'
  if (identity?.role === adminRole) return true
  if (typeof rule === 'function') return rule(identity, name)
  return identity !== null && fits(identity, rule)
}
