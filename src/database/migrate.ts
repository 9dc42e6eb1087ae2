import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { StartError } from '../errors.ts'

const migrationTable = 'galley_migrations'
const lockTable = 'galley_migration_lock'

/** Galley's own tables. Never change a migration that was released: add the next. */
export const migrations: Record<string, Migration> = {
  '001_frame': {
    async up(db) {
      await db.schema
        .createTable('galley_idempotency')
        .addColumn('principal', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('fingerprint', 'text', (column) => column.notNull())
        .addColumn('createdAt', 'integer', (column) => column.notNull())
        .addColumn('status', 'integer')
        .addColumn('headers', 'text')
        .addColumn('body', 'text')
        .addPrimaryKeyConstraint('galley_idempotency_key', ['principal', 'key'])
        .execute()
      await db.schema.createIndex('galley_idempotency_age').on('galley_idempotency').column('createdAt').execute()
      await db.schema
        .createTable('galley_fields')
        .addColumn('collection', 'text', (column) => column.notNull())
        .addColumn('field', 'text', (column) => column.notNull())
        .addColumn('declaration', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('galley_fields_key', ['collection', 'field'])
        .execute()
    },
  },
  '002_epoch': {
    async up(db) {
      await db.schema
        .createTable('galley_epoch')
        .addColumn('epoch', 'text', (column) => column.notNull())
        .addColumn('origin', 'text', (column) => column.notNull())
        .execute()
    },
  },
  '003_topics': {
    async up(db) {
      await sql`create table galley_events (
        topic text not null, "offset" integer not null, type text not null, at integer not null, data text not null,
        messageId text, primary key (topic, "offset")
      ) without rowid`.execute(db)
      await sql`create unique index galley_events_message on galley_events (topic, messageId)
        where messageId is not null`.execute(db)
    },
  },
  '004_accounts': {
    async up(db) {
      await sql`create table galley_users (
        id text primary key not null, email text not null unique, password text not null, role text not null,
        createdAt integer not null, disabledAt integer
      )`.execute(db)
      await sql`create index galley_users_admins on galley_users (id) where role = 'admin'`.execute(db)
      await sql`create table galley_logins (
        id text primary key not null, userId text not null, tokenHash text not null unique, createdAt integer not null,
        lastSeenAt integer not null, expiresAt integer not null, address text, agent text not null
      )`.execute(db)
      await sql`create index galley_logins_user on galley_logins (userId)`.execute(db)
      await sql`create index galley_logins_age on galley_logins (expiresAt)`.execute(db)
      await sql`create table galley_keys (
        id text primary key not null, userId text not null, name text not null, scopes text not null,
        tokenHash text not null unique, createdAt integer not null, expiresAt integer, lastUsedAt integer
      )`.execute(db)
      await sql`create index galley_keys_user on galley_keys (userId)`.execute(db)
      await sql`create table galley_resets (
        tokenHash text primary key not null, userId text, createdAt integer not null, expiresAt integer
      )`.execute(db)
      await sql`create index galley_resets_user on galley_resets (userId)`.execute(db)
      await sql`create table galley_audit (
        id text primary key not null, at integer not null, actor text, action text not null, subject text not null,
        address text, detail text not null
      )`.execute(db)
      await sql`create index galley_audit_subject on galley_audit (subject, id)`.execute(db)
      await sql`create index galley_audit_actor on galley_audit (actor, id)`.execute(db)
      await sql`create table galley_lockouts (
        name text primary key not null, failures real not null, untilAt integer not null, lastAt integer not null
      ) without rowid`.execute(db)
      await sql`create index galley_lockouts_age on galley_lockouts (lastAt)`.execute(db)
      await sql`create table galley_places (
        userId text not null, place text not null, lastAt integer not null, primary key (userId, place)
      ) without rowid`.execute(db)
    },
  },
  '005_event_rows': {
    async up(db) {
      await sql`alter table galley_events add column row text`.execute(db)
      await sql`alter table galley_events add column publisher text`.execute(db)
      // Events of collections, which are the only topics of a collection's name.
      await sql`update galley_events set row = json_extract(data, '$.id')
        where type in ('created', 'updated') and json_valid(data)
          and substr(topic, 1, instr(topic || '/', '/') - 1) in (select collection from galley_fields)`.execute(db)
      await sql`create index galley_events_row on galley_events (topic, row) where row is not null`.execute(db)
      await sql`update galley_events set publisher = '' where messageId is not null`.execute(db)
      await sql`drop index galley_events_message`.execute(db)
      await sql`create unique index galley_events_message on galley_events (topic, publisher, messageId)
        where messageId is not null`.execute(db)
    },
  },
  '006_idempotency_bytes': {
    async up(db) {
      await sql`alter table galley_idempotency add column client text not null default ''`.execute(db)
      await sql`alter table galley_idempotency add column bytesSoFar integer`.execute(db)
      await sql`create index galley_idempotency_bytes on galley_idempotency (client, bytesSoFar)
        where body is not null`.execute(db)
    },
  },
  '006_known_networks': {
    async up(db) {
      await sql`create index galley_places_place on galley_places (place)`.execute(db)
    },
  },
  /** JSON null became a value, so that null alone means that a row has none. */
  '008_json_null': {
    async up(db) {
      const { rows } = await sql<{ collection: string; field: string }>`select collection, field from galley_fields
        where declaration like '{"type":"json","optional":false,%"present":true}'`.execute(db)
      for (const { collection, field } of rows)
        await sql`update ${sql.table(collection)} set ${sql.ref(field)} = 'null' where ${sql.ref(field)} is null`.execute(
          db,
        )
    },
  },
  '009_verified_accounts': {
    async up(db) {
      await sql`alter table galley_users add column verifiedAt integer`.execute(db)
      await sql`create table galley_verifications (
        tokenHash text primary key not null, purpose text not null, email text not null, createdAt integer not null, expiresAt integer not null
      )`.execute(db)
      await sql`create index galley_verifications_email on galley_verifications (email)`.execute(db)
      await sql`create index galley_verifications_age on galley_verifications (expiresAt)`.execute(db)
    },
  },
  '010_jobs': {
    async up(db) {
      await sql`create table galley_jobs (
        id text primary key not null, job text not null, key text, payload text not null, state text not null,
        dueAt integer not null, attempt integer not null default 0, losses integer not null default 0, lease text,
        error text, createdAt integer not null
      ) without rowid`.execute(db)
      await sql`create index galley_jobs_due on galley_jobs (job, state, dueAt, id)`.execute(db)
      await sql`create index galley_jobs_state on galley_jobs (state, dueAt, id)`.execute(db)
      await sql`create index galley_jobs_lease on galley_jobs (lease) where lease is not null`.execute(db)
      await sql`create unique index galley_jobs_waiting on galley_jobs (job, key)
        where state = 'waiting' and key is not null`.execute(db)
      await sql`create unique index galley_jobs_running on galley_jobs (job, key)
        where state = 'running' and key is not null`.execute(db)
    },
  },
  '011_idempotency_numbers': {
    async up(db) {
      await sql`alter table galley_idempotency add column number integer not null default 0`.execute(db)
      await sql`create index galley_idempotency_numbers on galley_idempotency (client, number)`.execute(db)
    },
  },
  '012_trash': {
    async up(db) {
      await sql`create table galley_trash (
        number integer primary key not null, collection text not null, id text not null, deletedAt integer not null,
        deletedBy text, deletion text not null, isRoot integer not null, row text not null
      )`.execute(db)
      await sql`create unique index galley_trash_row on galley_trash (collection, id)`.execute(db)
      await sql`create index galley_trash_age on galley_trash (collection, deletedAt)`.execute(db)
      await sql`create index galley_trash_deletion on galley_trash (deletion)`.execute(db)
    },
  },
  '013_history': {
    async up(db) {
      await sql`create table galley_history (
        collection text not null, id text not null, number integer not null, version integer not null, at integer not null,
        actor text, action text not null, moves text, changes text not null, primary key (collection, id, number)
      ) without rowid`.execute(db)
      await sql`create index galley_history_age on galley_history (collection, at)`.execute(db)
      await sql`create table galley_history_gone (
        collection text not null, id text not null, number integer not null, primary key (collection, id)
      ) without rowid`.execute(db)
    },
  },
  '014_webhooks': {
    async up(db) {
      await sql`create table galley_webhooks (
        id text primary key not null, url text not null, description text not null, events text not null,
        secret text not null, oldSecret text, oldSecretUntil integer, createdAt integer not null,
        disabledAt integer, disabledReason text, failingSince integer, overflowedAt integer
      )`.execute(db)
      await sql`create table galley_webhook_deliveries (
        id text primary key not null, endpoint text not null, event text not null, type text not null, body text not null,
        state text not null, attempts integer not null, attemptedAt integer not null, durationMs integer, status integer,
        response text, error text
      )`.execute(db)
      await sql`create index galley_webhook_deliveries_endpoint on galley_webhook_deliveries (endpoint, id)`.execute(db)
      await sql`create index galley_webhook_deliveries_age on galley_webhook_deliveries (attemptedAt)`.execute(db)
    },
  },
  '015_app_migrations': {
    async up(db) {
      await sql`create table galley_app_migrations (
        number integer primary key not null, name text not null, fingerprint text not null, at integer not null
      )`.execute(db)
    },
  },
  '016_imports': {
    async up(db) {
      await sql`create table galley_imports (
        owner text not null, key text not null, purpose text not null, at integer not null, line integer not null,
        digest integer not null, created integer not null, updated integer not null, skipped integer not null,
        failed integer not null, primary key (owner, key)
      ) without rowid`.execute(db)
      await sql`create index galley_imports_owner on galley_imports (owner, at)`.execute(db)
      await sql`create index galley_imports_age on galley_imports (at)`.execute(db)
    },
  },
}

/** Returns true if this version can read a database with this migration. */
export function isKnownMigration(name: string): boolean {
  return name in migrations
}

/**
 * Creates and changes Galley's own tables by numbered migrations.
 * @throws StartError when the database is newer than the code
 */
export async function migrate(db: Kysely<unknown>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: migrationTable,
    migrationLockTableName: lockTable,
  })
  await refuseNewer(db)
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

async function refuseNewer(db: Kysely<unknown>): Promise<void> {
  const tables = await sql`select name from sqlite_master where name = ${migrationTable}`.execute(db)
  if (tables.rows.length === 0) return
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(db)
  const unknown = rows.find(({ name }) => !isKnownMigration(name))
  if (unknown) {
    throw new StartError(
      `The database was written by a newer version (it has the migration ${unknown.name}). Start that version; nothing was changed.`,
    )
  }
}
