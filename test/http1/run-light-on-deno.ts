/** Runs the cases of the light objects inside Deno: one line of JSON for each. */
import { observe } from './light/observe.ts'
import { lightCases } from './light-cases.ts'

for (const observation of await observe(lightCases)) console.log(JSON.stringify(observation))
