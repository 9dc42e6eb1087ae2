/**
 * ABNF as regular expressions. Of each rule there are two: one for all of it, and one for any beginning
 * of it, to distinguish wrong bytes from incomplete ones.
 */
export interface Rule {
  all: string
  beginning: string
}

const groups = (sources: readonly string[]) => `(?:${sources.join('|')})`

/** One byte of a class, in the notation of regular expressions. */
export function byte(of: string): Rule {
  return { all: `[${of}]`, beginning: `[${of}]?` }
}

/** These characters and no others. */
export function text(characters: string): Rule {
  return sequence(...Array.from(characters, (character) => byte(character.replace(/[\\\]^-]/g, '\\$&'))))
}

export function sequence(...rules: readonly Rule[]): Rule {
  return {
    all: rules.map(({ all }) => all).join(''),
    beginning: rules.reduceRight((rest, rule) => groups([rule.all + rest, rule.beginning]), ''),
  }
}

export function either(...rules: readonly Rule[]): Rule {
  return { all: groups(rules.map(({ all }) => all)), beginning: groups(rules.map((rule) => rule.beginning)) }
}

export function optional({ all, beginning }: Rule): Rule {
  return { all: `(?:${all})?`, beginning: `(?:${beginning})?` }
}

/** At least `min` of a rule and at most `max`. */
export function many({ all, beginning }: Rule, min = 0, max = ''): Rule {
  const fewer = max === '' ? '' : Number(max) - 1
  return { all: `(?:${all}){${min},${max}}`, beginning: `(?:(?:${all}){0,${fewer}}${beginning})` }
}

/** Names what a rule matches. */
export function named(name: string, { all, beginning }: Rule): Rule {
  return { all: `(?<${name}>${all})`, beginning }
}

/** Finds a rule at the start of a text. */
export class Matcher {
  readonly #all: RegExp
  readonly #beginning: RegExp

  constructor({ all, beginning }: Rule) {
    this.#all = new RegExp(`^${all}`)
    this.#beginning = new RegExp(`^(?:${beginning})$`)
  }

  match(from: string): { length: number; groups: Record<string, string | undefined> } | null {
    const found = this.#all.exec(from)
    return found && { length: found[0].length, groups: { ...found.groups } }
  }

  /** True when more bytes could still make it match. */
  mayBecome(from: string): boolean {
    return this.#beginning.test(from)
  }
}
