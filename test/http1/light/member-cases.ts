/** That an object has every member of its native prototype, and as the native one has it. */
import type { Case, Kit } from './kit.ts'
import { attempt } from './observe.ts'

const body = ['body', 'bodyUsed']

/** Names of properties that a runtime may know. */
export const members = {
  response: ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', ...body],
  request: [
    'method',
    'url',
    'headers',
    'destination',
    'referrer',
    'referrerPolicy',
    'mode',
    'credentials',
    'cache',
    'redirect',
    'integrity',
    'keepalive',
    'isReloadNavigation',
    'isHistoryNavigation',
    'signal',
    'duplex',
    'attribute',
    ...body,
  ],
} as const

type Make = (kit: Kit) => Request | Response

/** @param properties those whose values and assignments are looked at one by one */
export function memberCases(what: string, prototype: object, make: Make, properties: readonly string[]): Case[] {
  const each = properties.flatMap((name): Case[] => [
    { name: `${what} has ${name}`, run: (kit) => shown(Reflect.get(make(kit), name)) },
    {
      name: `${what} keeps ${name} from being assigned`,
      run: (kit) => {
        const object = make(kit)
        const before: unknown = Reflect.get(object, name)
        const seen = attempt(() => {
          Object.assign(object, { [name]: 'other' })
          return 'assigned'
        })
        return [seen, before === Reflect.get(object, name)]
      },
    },
  ])
  const keys = Reflect.ownKeys(prototype)
  const names = Object.getOwnPropertyNames(prototype)
  const whole: Case[] = [
    {
      name: `${what} has every member`,
      run: (kit) => keys.map((key) => [String(key), Reflect.has(make(kit), key), typeof Reflect.get(make(kit), key)]),
    },
    {
      name: `${what} has no own properties`,
      run: (kit) => [Object.keys(make(kit)), Object.assign({}, make(kit)), JSON.stringify(make(kit))],
    },
    { name: `${what}: for in names its members`, run: (kit) => enumerated(make(kit)) },
    {
      name: `${what}: members are as enumerable as they should be`,
      run: (kit) => names.map((key) => [key, kindOf(make(kit), key)]),
    },
    { name: `${what} has a tag`, run: (kit) => Object.prototype.toString.call(make(kit)) },
    { name: `${what} is not cloned by structuredClone`, run: (kit) => JSON.stringify(structuredClone(make(kit))) },
    { name: `${what} takes properties of one's own`, run: (kit) => Object.assign(make(kit), { mine: 5 }) },
    {
      name: `${what} may be a key of a WeakMap`,
      run: (kit) => {
        const key = make(kit)
        return new WeakMap([[key, 5]]).get(key)
      },
    },
    {
      name: `${what}: methods have names and lengths`,
      run: (kit) =>
        ['clone', 'text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'].map((key) => {
          const method = Reflect.get(make(kit), key) as () => void
          return [method.name, method.length]
        }),
    },
    {
      name: `${what}: methods called on something else fail as they should`,
      run: async (kit) =>
        Promise.all(
          ['clone', 'text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'].map((key) =>
            howItFails(make(kit), key),
          ),
        ),
    },
    {
      name: `${what}: getters called on something else throw`,
      run: (kit) =>
        properties.map((name) => [
          name,
          attempt(() => Reflect.get(Object.getPrototypeOf(make(kit)) as object, name, {}) as unknown),
        ]),
    },
  ]
  return [...each, ...whole]
}

function shown(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : [typeof value, value]
}

function enumerated(object: object): string[] {
  const names = []
  for (const name in object) names.push(name)
  return names.toSorted()
}

function kindOf(object: object, key: PropertyKey): string {
  for (let holder: object | null = object; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    if (descriptor)
      return `${descriptor.enumerable} ${descriptor.configurable} ${descriptor.writable} ${typeof descriptor.get} ${typeof descriptor.set}`
  }
  return 'absent'
}

async function howItFails(object: object, key: string): Promise<string> {
  let result: unknown
  try {
    result = Reflect.apply(Reflect.get(object, key) as () => unknown, {}, [])
  } catch (error) {
    return `throws ${(error as Error).name} at once`
  }
  return Promise.resolve(result).then(
    () => 'resolves',
    (error: Error) => `rejects with ${error.name}`,
  )
}
