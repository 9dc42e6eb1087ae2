/** Makes the clients inside the server. */
import type { Database, Write } from '../ports/database.ts'
import type { Enqueue } from '../queue/enqueue.ts'
import type { Actor } from '../request/identity.ts'
import { topicOfMessage } from '../topics/message.ts'
import type { Publisher } from '../topics/publisher.ts'
import type { Match } from './declaration.ts'
import type { Fields } from './field.ts'
import { parametersFrom } from './list-options.ts'
import type {
  Added,
  AddedSteps,
  As,
  CollectionSteps,
  Declared,
  ExpectOptions,
  LocalClient,
  LocalCollection,
  LocalHistory,
  LocalTrash,
  TransactionSteps,
  TrashSteps,
} from './local-client.ts'
import type { Operations, OperationsOf } from './operations.ts'

export interface LocalClientOptions {
  database: Database
  publisher: Publisher
  enqueue: Enqueue
  operationsOf: OperationsOf
  /** @throws AppError `unauthorized` for an identity whose credential was revoked or has expired */
  requireValid(who: Actor): void
}

export function createAs({ database, publisher, enqueue, operationsOf, requireValid }: LocalClientOptions): As {
  const write = <T>(who: Actor, steps: Write<T>) =>
    database.write(() => {
      requireValid(who)
      return steps()
    })

  function clientOf(who: Actor): LocalClient {
    return {
      collection<D extends Declared>(collection: D) {
        const operations = operationsOf<D['fields']>(collection)
        const local: LocalCollection<D> = {
          async get(id, expand = []) {
            requireValid(who)
            const row = await operations.get(id, who)
            if (expand.length > 0) await operations.expand([row], operations.parseExpand(expand.join()), who)
            return row
          },
          async list(options = {}) {
            requireValid(who)
            return operations.list(operations.query(parametersFrom(options)), who)
          },
          create: async (body, id) => write(who, operations.creating(body, who, id)),
          update: async (id, changes, options) => write(who, operations.changing(id, changes, who, matchOf(options))),
          delete: async (id, options) => write(who, operations.removing(id, who, { match: matchOf(options) })),
        }
        return Object.assign(local, addedTo(operations, who)) as typeof local & Added<D['fields'], D>
      },
      async publish(topic, message) {
        const steps = await publisher.publishingOnce(topicOfMessage(topic, message), message, who)
        const { offset } = await write(who, steps)
        return offset
      },
      transaction: async (work) => write(who, () => work(stepsOf(who))),
    }
  }

  /** The parts of a collection that its options add. */
  function addedTo<F extends Fields>({ trash, history }: Operations<F>, who: Actor): object {
    const localTrash: LocalTrash<F> | null = trash && {
      async list(options = {}) {
        requireValid(who)
        return trash.list(options, who)
      },
      restore: async (id) => write(who, trash.restoring(id, who)),
      purge: async (id) => write(who, trash.purging(id, who)),
    }
    const localHistory: LocalHistory<F> | null =
      history &&
      (async (id, options = {}) => {
        requireValid(who)
        return history.list(id, options, who)
      })
    return { ...(localTrash && { trash: localTrash }), ...(localHistory && { history: localHistory }) }
  }

  function stepsOf(who: Actor): TransactionSteps {
    return {
      collection<F extends Fields, C>(collection: Declared<F> & C) {
        const operations = operationsOf<F>(collection)
        const { trash } = operations
        const steps: CollectionSteps<F> = {
          get: (id) => operations.finding(id, who)(),
          create: (body, id) => operations.creating(body, who, id)(),
          update: (id, changes, options) => operations.changing(id, changes, who, matchOf(options))(),
          delete: (id, options) => operations.removing(id, who, { match: matchOf(options) })(),
        }
        const trashSteps: TrashSteps<F> | null = trash && {
          restore: (id) => trash.restoring(id, who)(),
          purge: (id) => trash.purging(id, who)(),
        }
        return Object.assign(steps, trashSteps && { trash: trashSteps }) as typeof steps & AddedSteps<F, C>
      },
      *publish(topic, message) {
        const { offset } = yield* publisher.publishing(topicOfMessage(topic, message), message, who)()
        return offset
      },
      enqueue,
    }
  }

  return clientOf
}

function matchOf({ version }: ExpectOptions = {}): Match | undefined {
  return version === undefined ? undefined : (stored) => stored === version
}
