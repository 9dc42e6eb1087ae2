import { expect, test } from 'vitest'
import { createWebhookSender } from '../../adapters/process/webhooks.ts'
import { createWebhookSender as createWorkersSender } from '../../adapters/workers/webhooks.ts'
import { Destinations } from '../../src/webhooks/destination.ts'
import { useWorlds } from './world.ts'

const { createWorld, receive } = useWorlds()

const privateHosts = [
  'localhost',
  'app.localhost.',
  '127.0.0.1',
  '127.1',
  '127.0.0.1.',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '017700000001',
  '0177.0.0.1',
  '127.0.0.1%2e',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '0.0.0.0',
  '0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '0xa9fea9fe',
  '100.64.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[ff02::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:8.8.8.8]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::8.8.8.8]',
  '[64:ff9b:1::a00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[2001:db8::1]',
  '[100::1]',
  '[4000::1]',
]

test.each(privateHosts)('https://%s is refused, by the URL alone', async (host) => {
  const destinations = new Destinations([])
  expect(() => destinations.parse(`https://${host}/`)).toThrow(/private address|must be a URL/)
  const signal = AbortSignal.timeout(1000)
  const message = { url: `https://${host}/`, headers: {}, body: '{}', responseBytesMax: 10 }
  const senders = [createWebhookSender({ networks: [] }), createWorkersSender([])]
  for (const sender of senders)
    await expect(sender.send(message, signal)).rejects.toThrow(/private address|must be a URL/)
})

test.each(['https://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://hooks.example/a?b', 'https://example.com:8443'])(
  '%s is allowed',
  (url) => void new Destinations([]).parse(url),
)

test.each([
  'http://hooks.example/',
  'http://8.8.8.8/',
  'ftp://hooks.example/',
  'file:///etc/passwd',
  'https://user:password@hooks.example/',
  'https://',
  '/hook',
  '',
  `https://hooks.example/${'x'.repeat(2000)}`,
])('%s is refused', (url) => {
  expect(() => new Destinations([]).parse(url)).toThrow('must')
})

test('a listed network is allowed, by http too; others, and http to public addresses, stay refused', () => {
  const destinations = new Destinations(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  for (const host of ['127.0.0.1', 'localhost', '10.200.0.1', '[fd12::1]', '[::ffff:10.0.0.1]']) {
    destinations.parse(`http://${host}/`)
    destinations.parse(`https://${host}/`)
  }
  for (const url of ['http://127.0.0.2/', 'https://192.168.0.1/', 'https://[::1]/', 'http://8.8.8.8/'])
    expect(() => destinations.parse(url)).toThrow('must')
})

test('a name that leads to a private address is refused, whenever it does', async () => {
  const answers = [['8.8.8.8', '127.0.0.1'], ['10.0.0.1'], ['fe80::1%eth0'], [], ['::ffff:127.0.0.1']]
  const lookup = async () => answers.shift() ?? []
  const sender = createWebhookSender({ networks: [], lookup })
  const message = { url: 'https://rebinding.example/', headers: {}, body: '{}', responseBytesMax: 10 }
  for (let count = 0; count < 5; count += 1)
    await expect(sender.send(message, AbortSignal.timeout(1000))).rejects.toThrow(/private address|an address/)
  expect(answers).toEqual([])
})

test('a name is looked up once, and the connection goes to that address with the name as its host', async () => {
  const receiver = await receive()
  const names: string[] = []
  const lookup = async (name: string) => {
    names.push(name)
    return ['127.0.0.1']
  }
  const sender = createWebhookSender({ networks: ['127.0.0.1'], lookup })
  const url = receiver.url.replace('127.0.0.1', 'hooks.example')
  const message = { url, headers: {}, body: '{"a":"ä"}', responseBytesMax: 10 }
  expect(await sender.send(message, AbortSignal.timeout(5000))).toEqual({ status: 204, retryAfter: null, text: '' })
  expect(names).toEqual(['hooks.example'])
  expect(receiver.received).toMatchObject([{ headers: { host: new URL(url).host }, body: '{"a":"ä"}' }])
})

test('a name is looked up once at a time, and anew for what comes later', async () => {
  const lookups: PromiseWithResolvers<string[]>[] = []
  const lookup = () => {
    const started = Promise.withResolvers<string[]>()
    lookups.push(started)
    return started.promise
  }
  const sender = createWebhookSender({ networks: [], lookup })
  const message = { url: 'https://slow.example/', headers: {}, body: '{}', responseBytesMax: 100 }
  for (let round = 0; round < 2; round += 1) {
    const sent = [
      sender.send(message, new AbortController().signal),
      sender.send(message, new AbortController().signal),
    ]
    expect(lookups).toHaveLength(round + 1)
    lookups.at(-1)?.resolve(['10.0.0.1'])
    for (const each of sent) await expect(each).rejects.toThrow('private address 10.0.0.1')
  }
})

test('a lookup or a receiver that gives no response ends with the signal', async () => {
  const receiver = await receive()
  const asked = Promise.withResolvers<void>()
  receiver.respond = () => asked.resolve()
  const message = { url: receiver.url, headers: {}, body: '{}', responseBytesMax: 10 }
  const controller = new AbortController()
  const sender = createWebhookSender({ networks: ['127.0.0.1'], lookup: () => new Promise(() => {}) })
  const sending = sender.send(message, controller.signal)
  const looking = sender.send({ ...message, url: 'http://hooks.example' }, controller.signal)
  await asked.promise
  controller.abort(new Error('enough'))
  await expect(sending).rejects.toThrow('enough')
  await expect(looking).rejects.toThrow('enough')
})

test('redirects are not followed, and of an endless body only the beginning is read', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const target = await receive()
  await world.subscribe(receiver.url)
  receiver.respond = (_, response) => void response.writeHead(307, { location: target.url }).end()
  await world.send('POST /api/things', { name: 'cup' })
  await world.run()
  expect(await world.deliveries()).toMatchObject([{ state: 'retrying', status: 307 }])
  const ended = Promise.withResolvers<void>()
  receiver.respond = (_, response) => {
    response.on('close', () => ended.resolve()).on('error', () => {})
    const write = () => {
      while (!response.closed && response.write('x'.repeat(65_536)));
    }
    response.writeHead(200).on('drain', write)
    write()
  }
  await world.runAt(world.clock.ms + 6000)
  await ended.promise
  expect(await world.deliveries()).toMatchObject([{ state: 'delivered', response: 'x'.repeat(1024) }])
  expect(target.received).toEqual([])
})
