import { expect, test } from 'vitest'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import { readPages } from './pages.ts'

const sample = /^\S (.+): (\d+) bytes as a line, (\d+) as a frame\n\n {4}(.+)\n\n {4}5a (\w{8})\n((?: {4}\w+\n)+)/gm

const page = readPages().find(({ path }) => path === 'docs/protocol.md')
const samples = [...(page?.text.matchAll(sample) ?? [])].map(
  ([, name = '', line, frame, json = '', length, hex = '']) => ({
    name,
    lineBytes: Number(line),
    frameBytes: Number(frame),
    json,
    length: Number.parseInt(length ?? '', 16),
    cbor: Uint8Array.fromHex(hex.replaceAll(/\s/g, '')),
  }),
)

test('docs/protocol.md has golden bytes', () => {
  expect(samples.length).toBeGreaterThan(9)
})

test.each(samples)('$name: text and bytes are the same message', ({ json, cbor, length, lineBytes, frameBytes }) => {
  expect(cborFormat.decode(cbor)).toEqual(JSON.parse(json))
  expect(cborFormat.encode(JSON.parse(json))).toEqual(cbor)
  expect(new TextEncoder().encode(json).byteLength + 1).toBe(lineBytes)
  expect([length, cbor.byteLength + 5]).toEqual([cbor.byteLength, frameBytes])
})
