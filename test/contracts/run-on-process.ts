/** Runs the database contract inside another runtime: one line of JSON for each case. */
import { databaseCases } from './database.ts'
import { createSqliteSubject } from './sqlite-subject.ts'

for (const { name, run } of databaseCases) {
  const subject = createSqliteSubject()
  const error = await run(subject).then(
    () => null,
    (reason: Error) => reason.stack ?? String(reason),
  )
  await subject.remove()
  console.log(JSON.stringify({ name, error }))
}
