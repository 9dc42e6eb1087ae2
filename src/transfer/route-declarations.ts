import { type RouteConfig, z } from '@hono/zod-openapi'
import type { AnyCollection } from '../collections/declaration.ts'
import type { Field } from '../collections/field.ts'
import { failures, headers, idempotencyKey } from '../http/openapi.ts'
import { importAgeMaxDays } from './import-records.ts'
import { conflictChoices } from './import-row.ts'

const format = z.enum(['ndjson', 'csv'])
const file = (description: string) => ({
  description,
  content: { 'application/x-ndjson': { schema: z.string() }, 'text/csv': { schema: z.string() } },
})

/** Declares the routes for files of a collection, relative to its path. */
export function declareTransferRoutes({ name, fields }: AnyCollection): Record<'export' | 'import', RouteConfig> {
  const title = name.charAt(0).toUpperCase() + name.slice(1)
  const unique = Object.entries(fields as Record<string, Field>).filter(([, { column }]) => column.unique)
  const by = ['id', ...unique.map(([field]) => field)] as [string, ...string[]]
  return {
    export: {
      method: 'get',
      path: '/export',
      tags: [name],
      operationId: `export${title}`,
      summary: `Export ${name} as a file`,
      description:
        'The rows that match the filters of a list and the client may read, in the order of their creation, as a stream.',
      request: {
        query: z.object({
          format: format.optional().openapi({ description: 'ndjson by default.' }),
          fields: z
            .string()
            .optional()
            .openapi({ description: 'As in a list; `id` and `createdAt` are always there.' }),
          after: z.string().optional().openapi({
            description:
              'Continues after a row: its `createdAt`, a comma and its `id`. CSV then has no first line of names.',
          }),
        }),
      },
      responses: { 200: file('The file.'), ...failures(400, 401, 403) },
    },
    import: {
      method: 'post',
      path: '/import',
      tags: [name],
      operationId: `import${title}`,
      summary: `Import ${name} from a file`,
      description:
        'Each row is created as by a request of its own, with the same rules. The response is a stream of lines of JSON: the error of each row that is refused, the progress, and at the end a line with `done`.',
      request: {
        query: z.object({
          format: format.optional().openapi({ description: 'By default as the content type says, else ndjson.' }),
          onConflict: z
            .enum(conflictChoices)
            .optional()
            .openapi({ description: 'For a row that is there already; fail by default.' }),
          by: z
            .enum(by)
            .optional()
            .openapi({ description: 'The field by which a row is there already; id by default.' }),
          dryRun: z.enum(['true', 'false']).optional().openapi({ description: 'true stores nothing.' }),
        }),
        ...headers({
          'Idempotency-Key': idempotencyKey.openapi({
            description: `A repeat with the same key and file leaves out the rows that are done, for ${importAgeMaxDays} days.`,
          }),
        }),
        body: { required: true, ...file('The rows.') },
      },
      responses: {
        200: { description: 'The progress.', content: { 'application/x-ndjson': { schema: z.string() } } },
        ...failures(400, 401, 403, 422),
      },
    },
  }
}
