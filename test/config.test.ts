import { describe, expect, test } from 'vitest'
import { configHelp, configNames, parseConfig, secretNames, settingsOf } from '../src/config.ts'
import { StartError } from '../src/errors.ts'

/** Mistakes in settings whose value is a secret, or holds one. */
const badSecrets = [
  ['METRICS_TOKEN', 's3cret'],
  ['METRICS_TOKEN', 's3cret with spaces in it'],
  ['SMTP_URL', 'smpt://user:s3cret@mail.example'],
  ['SMTP_URL', 'user:s3cret@mail.example'],
  ['SMTP_URL', 'smtp:user:s3cret@mail.example'],
  ['SMTP_URL', 'smtp://user:a/s3cret@mail.example'],
  ['SMTP_URL', 'smtp://user:1/s3cret@mail.example'],
  ['SMTP_URL', 'smtp://user:%s3cret@mail.example'],
  ['SMTP_URL', 'smtp://user:1#s3cret@mail.example'],
  ['MAIL_API_URL', 'api.example/send?key=s3cret'],
  ['MAIL_API_URL', 'https//api.example/send?key=s3cret'],
  ['MAIL_API_URL', 'ftp://api.example/send?key=s3cret'],
  ['MAIL_API_URL', 'https://user:s3cret@api.example/send'],
  ['MAIL_API_TOKEN', 's3cret\n'],
  ['MAIL_API_TOKEN', 's3cret s3cret'],
  ['TLS_KEY', '-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n'],
] as const

describe('the configuration', () => {
  test('suits one person on a laptop when nothing is set', () => {
    expect(parseConfig({})).toEqual({
      DATA_DIR_WAIT: 0,
      HTTP_ENGINE: 'galley',
      TLS_CERT: '',
      TLS_KEY: '',
      TRUST_PROXY: [],
      LOG_LEVEL: 'info',
      METRICS_TOKEN: '',
      PORT: 3000,
      HOST: '127.0.0.1',
      DATA_DIR: './data',
      CORS_ORIGINS: [],
      ALLOWED_HOSTS: [],
      RATE_LIMIT: 'on',
      PUBLIC_URL: '',
      SIGN_UP: 'open',
      SMTP_URL: '',
      MAIL_API_URL: '',
      MAIL_API_TOKEN: '',
      MAIL_FROM: '',
      WEBHOOKS_ALLOW_PRIVATE: [],
    })
  })

  test('ignores variables that are not its own', () => {
    expect(parseConfig({ PATH: '/bin', port: 'x' })).toEqual(parseConfig({}))
  })

  test.each([
    ['0', 0],
    ['80', 80],
    ['65535', 65_535],
  ])('accepts the port %s', (text, port) => {
    expect(parseConfig({ PORT: text }).PORT).toBe(port)
  })

  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'app.example'])('accepts the host %s', (host) => {
    expect(parseConfig({ HOST: host }).HOST).toBe(host)
  })

  test('keeps a data directory unchanged', () => {
    expect(parseConfig({ DATA_DIR: ' /srv/my data,2 ' }).DATA_DIR).toBe(' /srv/my data,2 ')
  })

  test('takes every empty variable for an unset one', () => {
    expect(parseConfig(Object.fromEntries(configNames.map((name) => [name, ''])))).toEqual(parseConfig({}))
  })

  test.each([
    'capacitor://localhost',
    'tauri://localhost',
    'ionic://localhost',
    'app://obsidian.md',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'moz-extension://9d7ef2b1-0f0b-4c2b-8f0f-0123456789ab',
    'https://tauri.localhost',
    'http://[::1]:5173',
  ])('accepts the origin %s', (text) => {
    expect(parseConfig({ CORS_ORIGINS: text }).CORS_ORIGINS).toEqual([text])
  })

  test('accepts lists with commas, spaces and gaps', () => {
    const { CORS_ORIGINS, ALLOWED_HOSTS } = parseConfig({
      CORS_ORIGINS: 'https://a.example, http://localhost:5173,,',
      ALLOWED_HOSTS: ' a.example ,b_1.example',
    })
    expect(CORS_ORIGINS).toEqual(['https://a.example', 'http://localhost:5173'])
    expect(ALLOWED_HOSTS).toEqual(['a.example', 'b_1.example'])
  })

  test.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '999999'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['PORT', ' 80'],
    ['PORT', 'http'],
    ['HOST', 'a b'],
    ['HOST', 'http://localhost'],
    ['HOST', '[::1]'],
    ['CORS_ORIGINS', 'app.example'],
    ['CORS_ORIGINS', 'https://app.example/'],
    ['CORS_ORIGINS', 'https://app.example/path'],
    ['CORS_ORIGINS', 'https://APP.example'],
    ['CORS_ORIGINS', 'https://app.example:443'],
    ['CORS_ORIGINS', 'https://user@app.example'],
    ['CORS_ORIGINS', 'https://good.example,*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'file:///tmp'],
    ['CORS_ORIGINS', 'https://*.example'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'capacitor://'],
    ['CORS_ORIGINS', 'capacitor://localhost/'],
    ['CORS_ORIGINS', 'capacitor://user@localhost'],
    ['CORS_ORIGINS', 'chrome-extension://*'],
    ['CORS_ORIGINS', 'wss://app.example'],
    ['CORS_ORIGINS', 'ftp://app.example'],
    ['CORS_ORIGINS', 'file://localhost'],
    ['CORS_ORIGINS', 'javascript://app.example'],
    ['ALLOWED_HOSTS', 'app.example:3000'],
    ['ALLOWED_HOSTS', 'https://app.example'],
    ['ALLOWED_HOSTS', 'a b'],
    ['ALLOWED_HOSTS', '*'],
  ])('refuses %s=%s with a message', (name, value) => {
    expect(messageOf({ [name]: value })).toContain(`${name}=${value}: must `)
  })

  test.each(badSecrets)('refuses a bad %s without its value (%j)', (name, value) => {
    const message = messageOf({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name}: must `))
    expect(message).not.toContain('s3cret')
  })

  test('shows no password of a URL, whichever setting it is in', () => {
    const url = 'https://user:s3cret@app.example/x'
    for (const name of configNames) {
      const { message } = refusalOf({ [name]: url }) ?? { message: '' }
      expect(message, name).not.toContain('s3cret')
    }
  })

  test('names every bad value, each once, in one line', () => {
    const bad = { PORT: 'http', HOST: ' ', LOG_LEVEL: 'loud', CORS_ORIGINS: 'x,y', ALLOWED_HOSTS: ':' }
    const message = messageOf(bad)
    for (const name of Object.keys(bad)) expect(message.split(`${name}=`), name).toHaveLength(2)
    expect(message).not.toContain('\n')
  })

  test('stays in one line for a value that has several', () => {
    expect(messageOf({ HOST: 'a\nb' })).not.toContain('\n')
  })
})

describe('the settings of the app', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'app.localhost'])('check Host on %s', (HOST) => {
    expect(settingsOf(parseConfig({ HOST, ALLOWED_HOSTS: 'a.example' })).hosts).toEqual(['a.example'])
  })

  test.each(['0.0.0.0', '::', '192.168.1.2', 'app.example', '127.example', 'localhost.example'])(
    'let any Host pass on %s',
    (HOST) => {
      expect(settingsOf(parseConfig({ HOST, ALLOWED_HOSTS: 'a.example' })).hosts).toBeNull()
    },
  )

  test('carry the origins of other sites', () => {
    const config = parseConfig({ CORS_ORIGINS: 'https://a.example' })
    expect(settingsOf(config).corsOrigins).toEqual(['https://a.example'])
  })
})

describe('--help', () => {
  test('lists its secret settings, all of them known and without a default', () => {
    for (const name of secretNames) {
      expect(configNames).toContain(name)
      expect(parseConfig({})[name]).toBe('')
    }
  })

  test('has a line for every variable, with its default', () => {
    const lines = configHelp().trimEnd().split('\n').slice(2)
    expect(lines.map((line) => line.trim().split(/ +/)[0])).toEqual(configNames)
    expect(lines[0]).toMatch(/^ {2}PORT {19}The port .*\[3000\]$/)
    expect(lines.at(-1)).not.toMatch(/\[/)
  })

  test('describes every variable in words', () => {
    for (const line of configHelp().trimEnd().split('\n').slice(2)) expect(line).toMatch(/^ {2}[A-Z_]+ +[A-Z][^.]{10,}/)
  })
})

function refusalOf(variables: Record<string, unknown>): Error | null {
  try {
    parseConfig(variables)
    return null
  } catch (error) {
    return error as Error
  }
}

function messageOf(variables: Record<string, unknown>): string {
  try {
    parseConfig(variables)
  } catch (error) {
    expect(error).toBeInstanceOf(StartError)
    return (error as Error).message
  }
  throw new Error('It was taken.')
}
