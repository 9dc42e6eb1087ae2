/** Makes the clients inside the server. */
import type { Database, Write } from '../ports/database.ts'
import type { Enqueue } from '../queue/enqueue.ts'
import type { Actor } from '../request/identity.ts'
import { topicOfMessage } from '../topics/message.ts'
import type { Publisher } from '../topics/publisher.ts'
import type { Match } from './declaration.ts'
import { parametersFrom } from './list-options.ts'
import type { As, Declared, ExpectOptions, LocalClient, LocalCollection, TransactionSteps } from './local-client.ts'
import type { OperationsOf } from './operations.ts'

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
      collection<D extends Declared>(collection: D): LocalCollection<D> {
        const operations = operationsOf<D['fields']>(collection)
        return {
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
      },
      async publish(topic, message) {
        const steps = await publisher.publishingOnce(topicOfMessage(topic, message), message, who)
        const { offset } = await write(who, steps)
        return offset
      },
      transaction: async (work) => write(who, () => work(stepsOf(who))),
    }
  }

  function stepsOf(who: Actor): TransactionSteps {
    return {
      collection(collection) {
        const operations = operationsOf(collection)
        return {
          get: (id) => operations.finding(id, who)(),
          create: (body, id) => operations.creating(body, who, id)(),
          update: (id, changes, options) => operations.changing(id, changes, who, matchOf(options))(),
          delete: (id, options) => operations.removing(id, who, { match: matchOf(options) })(),
        }
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
