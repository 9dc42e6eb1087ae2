/** The declared access to the rows of the collections in `fixtures/access.ts` and to `todos`. */
import { anonymous, everyone, foreign, known, type Outcomes, people } from './outcomes.ts'
import type { AskerName } from './people.ts'

export type Action = 'list' | 'read' | 'create' | 'update' | 'delete' | 'trash' | 'restore' | 'purge' | 'history'

export interface DeclaredCollection {
  /** The owner of the requested row. */
  author: AskerName
  /** The body that creates the row, without its text. */
  values?: Record<string, unknown>
  list: Outcomes
  read: Outcomes
  create: Outcomes
  update: Outcomes
  delete: Outcomes
  /** Of collections with a trash and histories. */
  trash?: Outcomes
  restore?: Outcomes
  purge?: Outcomes
  history?: Outcomes
}

const readers = ['owner', 'admin', 'readingKey', 'fullKey'] as const
const unknownRows = ['other', 'editor'] as const
const readingKey = ['readingKey'] as const

const ownRows = {
  list: { seen: readers, unseen: unknownRows, 401: anonymous, 403: foreign },
  read: { 200: readers, hidden: unknownRows, 401: anonymous, 403: foreign },
  create: { 201: [...people, 'fullKey'], 401: anonymous, 403: [...readingKey, ...foreign] },
  update: { 200: ['owner', 'admin', 'fullKey'], hidden: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
  delete: { 204: ['owner', 'admin', 'fullKey'], hidden: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
} satisfies Partial<Record<string, Outcomes>>

const owners = ['owner', 'admin', 'fullKey'] as const
const editors = ['editor', 'admin'] as const
const noEditors = ['other', 'owner', 'readingKey', 'fullKey', ...foreign] as const
const verified = ['other', 'admin'] as const
const unverified = ['editor', 'owner', 'readingKey', 'fullKey', ...foreign] as const
const butAdmin = ['other', 'editor', 'owner', 'readingKey', 'fullKey', ...foreign] as const

export const declaredCollections: Readonly<Record<string, DeclaredCollection>> = {
  todos: {
    author: 'owner',
    list: { seen: everyone },
    read: { 200: everyone },
    create: { 201: everyone },
    update: { 200: everyone },
    delete: { 204: everyone },
  },
  diaries: { author: 'owner', ...ownRows },
  links: { author: 'owner', ...ownRows },
  cards: {
    author: 'owner',
    list: { seen: [...people, 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    read: { 200: [...people, 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    create: { 201: [...people, 'fullKey'], 401: anonymous, 403: [...readingKey, ...foreign] },
    update: {
      200: ['owner', 'admin', 'fullKey'],
      401: anonymous,
      403: [...unknownRows, ...readingKey, ...foreign],
    },
    delete: { 204: ['admin'], 401: anonymous, 403: butAdmin },
  },
  notices: {
    author: 'editor',
    list: { seen: everyone },
    read: { 200: everyone },
    create: { 201: editors, 401: anonymous, 403: noEditors },
    update: { 200: editors, 401: anonymous, 403: noEditors },
    delete: { 204: editors, 401: anonymous, 403: noEditors },
  },
  reports: {
    author: 'editor',
    list: { seen: editors, 401: anonymous, 403: noEditors },
    read: { 200: editors, 401: anonymous, 403: noEditors },
    create: { 201: editors, 401: anonymous, 403: noEditors },
    update: { 200: editors, 401: anonymous, 403: noEditors },
    delete: { 204: ['admin'], 401: anonymous, 403: butAdmin },
  },
  drafts: {
    ...ownRows,
    author: 'owner',
    list: { seen: readers, unseen: [...anonymous, ...unknownRows], 403: foreign },
    read: { 200: readers, hidden: [...anonymous, ...unknownRows], 403: foreign },
  },
  lines: {
    author: 'editor',
    values: { room: 'editor' },
    list: { seen: editors, unseen: ['other', 'owner', 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    read: { 200: editors, hidden: ['other', 'owner', 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    create: { 201: editors, 401: anonymous, 403: noEditors },
    update: { 200: editors, hidden: ['other', 'owner', 'fullKey'], 401: anonymous, 403: [...readingKey, ...foreign] },
    delete: { 204: editors, hidden: ['other', 'owner', 'fullKey'], 401: anonymous, 403: [...readingKey, ...foreign] },
  },
  sealed: {
    author: 'owner',
    list: { seen: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') },
    read: { 200: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') },
    create: { 201: everyone },
    update: { 200: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') },
    delete: { 204: ['admin'], 401: anonymous, 403: known.filter((name) => name !== 'admin') },
  },
  petitions: {
    author: 'other',
    list: { seen: verified, 401: anonymous, 403: unverified },
    read: { 200: verified, 401: anonymous, 403: unverified },
    create: { 201: verified, 401: anonymous, 403: unverified },
    update: { 200: verified, 401: anonymous, 403: unverified },
    delete: { 204: verified, 401: anonymous, 403: unverified },
  },
  papers: {
    author: 'owner',
    list: { seen: [...people, 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    read: { 200: [...people, 'readingKey', 'fullKey'], 401: anonymous, 403: foreign },
    create: { 201: [...people, 'fullKey'], 401: anonymous, 403: [...readingKey, ...foreign] },
    update: { 200: owners, 401: anonymous, 403: [...unknownRows, ...readingKey, ...foreign] },
    delete: { 204: owners, 401: anonymous, 403: [...unknownRows, ...readingKey, ...foreign] },
    trash: { seen: owners, unseen: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
    restore: { 200: owners, 401: anonymous, 403: [...unknownRows, ...readingKey, ...foreign] },
    purge: { 204: editors, 401: anonymous, 403: noEditors },
    history: { 200: readers, 401: anonymous, 403: [...unknownRows, ...foreign] },
  },
  memoirs: {
    ...ownRows,
    author: 'owner',
    trash: { seen: owners, unseen: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
    restore: { 200: owners, hidden: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
    purge: { 204: owners, hidden: unknownRows, 401: anonymous, 403: [...readingKey, ...foreign] },
    history: { 200: readers, hidden: unknownRows, 401: anonymous, 403: foreign },
  },
}

/** The routes of every collection, and the rules that they check. */
export const collectionRoutes = [
  { route: 'GET /api/NAME', action: 'list' },
  { route: 'GET /api/NAME/aggregate', action: 'list' },
  { route: 'GET /api/NAME/export', action: 'list' },
  { route: 'POST /api/NAME/import', action: 'create' },
  { route: 'POST /api/NAME', action: 'create' },
  { route: 'GET /api/NAME/:id', action: 'read' },
  { route: 'PUT /api/NAME/:id', action: 'update' },
  { route: 'PUT /api/NAME/:id', action: 'create' },
  { route: 'PATCH /api/NAME/:id', action: 'update' },
  { route: 'DELETE /api/NAME/:id', action: 'delete' },
] as const

/** The routes of collections with a trash and histories. */
const keptRoutes = [
  { route: 'GET /api/NAME/trash', action: 'trash' },
  { route: 'POST /api/NAME/trash/:id/restore', action: 'restore' },
  { route: 'DELETE /api/NAME/trash/:id', action: 'purge' },
  { route: 'GET /api/NAME/:id/history', action: 'history' },
] as const

/** The routes of a collection. */
export function routesOf(name: string): { route: string; action: Action }[] {
  const hasTrash = declaredCollections[name]?.trash !== undefined
  return [...collectionRoutes, ...(hasTrash ? keptRoutes : [])].map(({ route, action }) => ({
    route: route.replace('NAME', name),
    action,
  }))
}
