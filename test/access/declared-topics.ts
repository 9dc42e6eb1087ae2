/** The declared access to topics: the callers that may read and publish. */
import { anonymous, everyone, foreign, known, type Outcomes, people } from './outcomes.ts'
import type { Askers } from './people.ts'

export interface DeclaredTopic {
  /** The name; a partition may be named after a user. */
  topic(askers: Askers): string
  read: Outcomes
  publish: Outcomes
}

const readers = ['owner', 'admin', 'readingKey', 'fullKey'] as const
const writers = ['other', 'editor', 'owner', 'admin', 'fullKey'] as const
const unknownRows = [...anonymous, 'other', 'editor', ...foreign] as const
const users = [...people, 'readingKey', 'fullKey'] as const
const butAdmin = everyone.filter((name) => name !== 'admin')
const noEditors = ['other', 'owner', 'readingKey', 'fullKey', ...foreign] as const

/** Only the server itself publishes row events; administrators may not either. */
const ownPart = (name: string): DeclaredTopic => ({
  topic: ({ owner }) => `${name}/${owner.userId}`,
  read: { 200: readers, hidden: unknownRows },
  publish: { 403: readers, hidden: unknownRows },
})

const forUsers = (name: string): DeclaredTopic => ({
  topic: () => name,
  read: { 200: users, 401: anonymous, 403: foreign },
  publish: { 401: anonymous, 403: known },
})

export const declaredTopics: Readonly<Record<string, DeclaredTopic>> = {
  todos: { topic: () => 'todos', read: { 200: everyone }, publish: { 403: everyone } },
  diaries: ownPart('diaries'),
  links: ownPart('links'),
  memoirs: ownPart('memoirs'),
  cards: forUsers('cards'),
  papers: forUsers('papers'),
  notices: { topic: () => 'notices', read: { 200: everyone }, publish: { 403: everyone } },
  reports: {
    topic: () => 'reports',
    read: { 200: ['editor', 'admin'], 401: anonymous, 403: noEditors },
    publish: { 401: anonymous, 403: known },
  },
  /** A rule that names no audience has no feed. */
  drafts: { topic: () => 'drafts', read: { hidden: everyone }, publish: { hidden: everyone } },
  lines: {
    topic: () => 'lines/editor',
    read: { 200: ['editor', 'admin'], hidden: [...anonymous, ...noEditors] },
    publish: { 403: ['editor', 'admin'], hidden: [...anonymous, ...noEditors] },
  },
  sealed: {
    topic: () => 'sealed',
    read: { 200: ['admin'], hidden: butAdmin },
    publish: { 403: ['admin'], hidden: butAdmin },
  },
  members_only: {
    topic: () => 'members_only',
    read: { 200: users, 401: anonymous, 403: foreign },
    publish: { 201: writers, 401: anonymous, 403: ['readingKey', ...foreign] },
  },
  editors_only: {
    topic: () => 'editors_only',
    read: { 200: ['editor', 'admin'], 401: anonymous, 403: noEditors },
    publish: { 201: ['editor', 'admin'], 401: anonymous, 403: noEditors },
  },
  verified_only: {
    topic: () => 'verified_only',
    read: { 200: ['other', 'admin'], 401: anonymous, 403: ['editor', 'owner', 'readingKey', 'fullKey', ...foreign] },
    publish: { 201: ['other', 'admin'], 401: anonymous, 403: ['editor', 'owner', 'readingKey', 'fullKey', ...foreign] },
  },
  petitions: {
    topic: () => 'petitions',
    read: { 200: ['other', 'admin'], 401: anonymous, 403: ['editor', 'owner', 'readingKey', 'fullKey', ...foreign] },
    publish: { 401: anonymous, 403: known },
  },
  /** A caller that may create need not be able to read. */
  pigeonholes: {
    topic: ({ owner }) => `pigeonholes/${owner.userId}`,
    read: { 200: readers, hidden: unknownRows },
    publish: { 201: writers, 403: ['readingKey'], hidden: [...anonymous, ...foreign] },
  },
}

/** The routes of topics with one log, and of topics with partitions. */
export const topicRoutes = [
  'GET /api/topics/:topic/events',
  'POST /api/topics/:topic/events',
  'GET /api/topics/:topic/presence',
  'GET /api/topics/:topic/:partition/events',
  'POST /api/topics/:topic/:partition/events',
  'GET /api/topics/:topic/:partition/presence',
] as const
