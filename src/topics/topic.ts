import { z } from '@hono/zod-openapi'
import { AppError } from '../errors.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import { hasScope, refusal } from '../request/refusal.ts'
import type { Retention } from './log.ts'

/**
 * Who may do something with a topic: `anyone`, `signedIn`, `nobody`, any other text as a role, or a function of who asks
 * (null for nobody known) and the topic's whole name. An administrator may do everything.
 */
export type TopicRule =
  | 'anyone'
  | 'signedIn'
  | 'nobody'
  | (string & {})
  | ((who: Identity | null, topic: string) => boolean)

export interface TopicOptions {
  /** The schema of the data of an event; default: any JSON. */
  data?: z.ZodType
  /** Makes it not one log but many, `NAME/PARTITION`, each with its own audience. */
  parted?: boolean
  /** Everybody may read, and nobody may publish but the server itself, unless it says otherwise. */
  access?: { read?: TopicRule; publish?: TopicRule }
  /** 10,000 events or 7 days, whichever is less, unless it says otherwise. */
  keep?: { events?: number; days?: number }
}

/** A topic, declared. */
export interface Topic {
  name: string
  data: z.ZodType
  isParted: boolean
  read: TopicRule
  publish: TopicRule
  retention: Retention
}

const namePattern = /^[a-z][a-z0-9_]{0,39}$/
const partPattern = /^[A-Za-z0-9._~@-]{1,100}$/
const dayMs = 24 * 60 * 60 * 1000

/**
 * Declares a topic: a log of events that clients follow, and publish to where they may.
 * @throws TypeError when the name can't be one
 */
export function topic(name: string, options: TopicOptions = {}): Topic {
  if (!namePattern.test(name))
    throw new TypeError(`The topic name ${JSON.stringify(name)} must be like news: ${namePattern}.`)
  const { data = z.unknown().optional(), parted = false, access = {}, keep = {} } = options
  return {
    name,
    data,
    isParted: parted,
    read: access.read ?? 'anyone',
    publish: access.publish ?? 'nobody',
    retention: { events: keep.events ?? 10_000, ageMs: (keep.days ?? 7) * dayMs },
  }
}

/** Returns true for the name of a partition: 1 to 100 characters that are unreserved in a path (RFC 3986 §2.3), or `@`. */
export function isPart(text: string): boolean {
  return partPattern.test(text)
}

/** The name of one part of a topic. */
export function partOf(name: string, part: string): string {
  return `${name}/${part}`
}

/** Finds what topics are declared, and asks their rules. */
export interface TopicRules {
  /** @throws AppError `not_found`, `unauthorized`, `forbidden` */
  authorize(name: string, who: Identity | null, action?: 'read' | 'publish'): Topic
  /** How much of a topic is kept; null for one that is not declared any more. */
  retentionOf(name: string): Retention | null
}

export function createTopicRules(topics: readonly Topic[]): TopicRules {
  const declared = new Map(topics.map((each) => [each.name, each]))
  if (declared.size < topics.length) throw new TypeError('Two topics have the same name.')

  function find(name: string): Topic | null {
    const slash = name.indexOf('/')
    const found = declared.get(slash === -1 ? name : name.slice(0, slash))
    if (!found || found.isParted !== slash > 0) return null
    return slash === -1 || isPart(name.slice(slash + 1)) ? found : null
  }

  return {
    authorize(name, who, action = 'read') {
      const found = find(name)
      if (!found) throw new AppError('not_found', 'There is no such topic.')
      if (allows(found, action, who, name)) return found
      const refused = action === 'publish' && allows(found, 'read', who, name) ? 'publish' : 'read'
      throw denial(found[refused], refused, who)
    },
    retentionOf: (name) => find(name)?.retention ?? null,
  }
}

/** Of a part that is some people's own nobody else is told that it is there. */
function denial(rule: TopicRule, action: 'read' | 'publish', who: Identity | null): AppError {
  const isHidden = typeof rule === 'function' || rule === 'nobody'
  if (!isHidden) return refusal(who)
  return action === 'read' ? new AppError('not_found', 'There is no such topic.') : new AppError('forbidden')
}

function allows(topic: Topic, action: 'read' | 'publish', who: Identity | null, name: string): boolean {
  const rule = topic[action]
  if (rule === 'anyone') return true
  if (who !== null && !hasScope(who, topic.name, action === 'read' ? 'read' : 'write')) return false
  if (rule === 'nobody') return who?.role === adminRole && action === 'read'
  if (who?.role === adminRole) return true
  if (typeof rule === 'function') return rule(who, name)
  return who !== null && (rule === 'signedIn' || rule === who.role)
}
