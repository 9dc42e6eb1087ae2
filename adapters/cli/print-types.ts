/** Prints TypeScript types from the schemas of an OpenAPI document. */

/** The parts of an OpenAPI document that are used. */
export interface Description {
  paths: Readonly<Record<string, { get?: { operationId?: string } }>>
  components: { schemas: Readonly<Record<string, Schema>> }
}

/** The parts of JSON Schema that field kinds and zod make. */
interface Schema {
  type?: string | readonly string[]
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  allOf?: readonly Schema[]
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: Schema | boolean
  description?: string
  $ref?: string
}

const kinds = ['Row', 'Create', 'Change'] as const
const head = '/** Made by `galley types`. Run it again instead of editing this file. */\n'

/** Returns an interface of each collection's rows, creations and changes, and `Collections`, which has them by name. */
export function printTypes({ paths, components: { schemas } }: Description): string {
  const collections = Object.entries(paths).flatMap(([path, { get }]) => {
    const [, name] = /^\/api\/(\w+)$/.exec(path) ?? []
    const title = name && name.charAt(0).toUpperCase() + name.slice(1)
    return title && get?.operationId === `list${title}` && `${title}Row` in schemas ? [{ name, title }] : []
  })
  const types = collections.flatMap(({ title }) =>
    kinds.map((kind) => `export interface ${title}${kind} ${objectType(schemas[`${title}${kind}`] ?? {}, '')}\n`),
  )
  const members = collections.map(
    ({ name, title }) => `  ${name}: { row: ${title}Row; create: ${title}Create; change: ${title}Change }\n`,
  )
  return [head, `export interface Collections {\n${members.join('')}}\n`, ...types].join('\n')
}

function typeOf(schema: Schema, indent: string): string {
  const { const: value, enum: values, anyOf = schema.oneOf, allOf, type, $ref } = schema
  if ($ref !== undefined) return 'unknown'
  if (value !== undefined) return JSON.stringify(value)
  const types = [type ?? []].flat()
  if (values !== undefined)
    return union([...values.map((each) => JSON.stringify(each)), ...(types.includes('null') ? ['null'] : [])])
  if (anyOf !== undefined) return union(anyOf.map((each) => typeOf(each, indent)))
  if (allOf !== undefined) return allOf.map((each) => `(${typeOf(each, indent)})`).join(' & ')
  if (types.length === 0) return schema.properties === undefined ? 'unknown' : objectType(schema, indent)
  return union(types.map((each) => simpleType(each, schema, indent)))
}

function simpleType(type: string, schema: Schema, indent: string): string {
  if (type === 'integer') return 'number'
  if (type === 'array') return arrayOf(typeOf(schema.items ?? {}, indent))
  return type === 'object' ? objectType(schema, indent) : type
}

function arrayOf(item: string): string {
  return /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(([name, schema]) => {
    const comment =
      schema.description === undefined ? '' : `${inner}/** ${schema.description.replaceAll('*/', '* /')} */\n`
    return `${comment}${inner}${nameOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)}\n`
  })
  const rest = lines.length > 0 ? additionalProperties : (additionalProperties ?? true)
  if (rest === true || typeof rest === 'object')
    lines.push(`${inner}[name: string]: ${lines.length > 0 || rest === true ? 'unknown' : typeOf(rest, inner)}\n`)
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`
}

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}
