/** Checks of a response beyond its status. A check returns the fault, or null. */
import { type ParsedResponse, valuesOf } from './responses.ts'

export type Check = (response: ParsedResponse, all: readonly ParsedResponse[]) => string | null

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/

export function hasBody(text: string): Check {
  return ({ body }) => (body === text ? null : `a body of ${summary(body)}, not ${summary(text)}`)
}

export function hasNotBody(text: string): Check {
  return ({ body }) => (body === text ? 'the body echoed' : null)
}

export function lacks(name: string): Check {
  return (response) => (valuesOf(response, name).length === 0 ? null : `${name} present`)
}

/** RFC 9110 §6.6.1: one Date, in the one form that may be sent (§5.6.7). */
export const hasDate: Check = (response) => {
  const dates = valuesOf(response, 'date')
  return dates.length === 1 && imfFixdate.test(dates[0] ?? '') ? null : 'no Date of the right form'
}

export function hasConnection(option: string): Check {
  return (response) => {
    const options = valuesOf(response, 'connection')
      .join(',')
      .toLowerCase()
      .split(/[ \t]*,[ \t]*/)
    return options.includes(option) ? null : `no Connection: ${option}`
  }
}

/** RFC 9110 §15.5.6 */
export const allowsWhen405: Check = (response) =>
  response.status !== 405 || valuesOf(response, 'allow').length > 0 ? null : '405 without Allow'

/** RFC 9110 §9.3.2: the length in a response to HEAD is that of GET, or missing. */
export const hasLengthOfFirst: Check = (response, [first]) => {
  const [length] = valuesOf(response, 'content-length')
  return length === undefined || Number(length) === first?.body.length ? null : `a Content-Length of ${length}`
}

function summary(text: string): string {
  return text.length > 40 ? `${text.length} bytes` : JSON.stringify(text)
}
