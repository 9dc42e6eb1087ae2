/** The accepted differences between light and native objects of a runtime, and their reasons. */

export type Runtime = 'Node' | 'Deno'

export interface AcceptedDifference {
  on: readonly Runtime[]
  /** Of the cases in which it shows. */
  names: RegExp
  why: string
}

const both: readonly Runtime[] = ['Node', 'Deno']

export const acceptedDifferences: readonly AcceptedDifference[] = [
  { on: ['Node'], names: /structuredClone$/, why: 'No object can be kept from being cloned by means of the Web.' },
  {
    on: ['Node'],
    names:
      /^(Headers made|a Response with headers) from (a function|a record with (what is not enumerable|a symbol as name))$/,
    why: 'Node takes what is not enumerable and refuses symbols; the standard (a Web IDL record) does neither.',
  },
  { on: ['Deno'], names: /from a function$/, why: 'A function as headers is a mistake.' },
  {
    on: ['Deno'],
    names: /from an object with an iterator that is undefined$/,
    why: 'Node refuses it, Deno takes it as a record.',
  },
  {
    on: ['Deno'],
    names: /^a Response with headers from native Headers that are extended$/,
    why: 'The standard iterates, Deno looks inside.',
  },
  {
    on: ['Deno'],
    names: /forEach sees changes on the way$/,
    why: 'The standard is live, Deno takes a snapshot.',
  },
  {
    on: ['Node'],
    names: /two marks.*text$/,
    why: 'The standard takes one byte order mark away, Node all of them.',
  },
  {
    on: ['Deno'],
    names:
      /^a Response of a text with a mark: (text gives the content|json gives the content|bytes are the reader’s own|a clone is read while .*|json)$/,
    why: 'The standard makes bytes of a text and decodes them; Deno gives the very text back.',
  },
  {
    on: ['Deno'],
    names: /^a Response of (a text with a mark|two marks|a mark alone|a text that is ill-formed): type and text$/,
    why: 'The same.',
  },
  {
    on: ['Deno'],
    names: /(of bytes|came as (text|bytes|pooled bytes)): bytes are the reader’s own$/,
    why: 'In Deno a clone sees what is done to the bytes of the other.',
  },
  { on: ['Deno'], names: /^a Response of a Buffer: bytes$/, why: 'The standard gives a Uint8Array.' },
  {
    on: ['Node'],
    names: /^a Response of a detached ArrayBuffer(:| with)/,
    why: 'Deno and the light one refuse what Node takes for an empty body.',
  },
  {
    on: both,
    names: /^a Response of an object whose toString fails and status 204$/,
    why: 'Both throw: which of two faults is found first is left open.',
  },
  { on: ['Node'], names: /^a Response of status bigint 200$/, why: 'In the standard a bigint is no number.' },
  {
    on: ['Node'],
    names: /^a Response made with headers and a bad status$/,
    why: 'Both throw: which of two faults is found first is left open.',
  },
  {
    on: ['Deno'],
    names: /^a Proxy around a request does not work inside$/,
    why: 'It is no request in Node either.',
  },
  {
    on: both,
    names: /^a Response: getters called on something else throw$/,
    why: 'What is the same for every response is not looked up in it.',
  },
  { on: both, names: /get with a number or null$/, why: 'A name that is undefined is a mistake.' },
  {
    on: both,
    names: /(members have names and lengths|^the class (Request )?has a name and a length)$/,
    why: 'Lengths of functions decide nothing.',
  },
  { on: ['Deno'], names: /^fetch has a name and a length$/, why: 'The same.' },
  {
    on: ['Deno'],
    names: /came as pooled bytes: (reading one chunk uses the body|a clone of a clone, read first)$/,
    why: 'The server hands on no Buffer.',
  },
  {
    on: ['Deno'],
    names: /^new Request of (a request takes the body over|a URL with a request as init)$/,
    why: 'The body counts as used, as in Deno, but its stream is not locked.',
  },
  {
    on: both,
    names: /^a request: methods called on something else fail as they should$/,
    why: 'They fail at once, and not by a promise.',
  },
]

/** Why a case may differ on a runtime; undefined when it may not. */
export function whyAccepted(name: string, runtime: Runtime): string | undefined {
  return acceptedDifferences.find(({ on, names }) => on.includes(runtime) && names.test(name))?.why
}
