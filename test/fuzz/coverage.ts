/** The coverage of the parser, with counts, by V8. */
import { type Profiler, Session } from 'node:inspector'

/** Marks code, a byte for each character of a script. */
type Marks = Uint8Array
const neverRan = 1
const ran = 2

export class Coverage {
  readonly #session = new Session()
  readonly #known = new Map<string, Marks>()
  #last: Profiler.ScriptCoverage[] = []

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** The part of the parser's code that has run. */
  get share(): number {
    const marks = [...this.#known.values()].flatMap((each) => [...each])
    return marks.filter((mark) => mark === ran).length / marks.filter((mark) => mark !== 0).length
  }

  /** Takes the coverage since the last call: whether some of it is new, and the sum of all counts. */
  take(): { isFresh: boolean; steps: number } {
    this.#session.post('Profiler.takePreciseCoverage', (error, report) => {
      if (error !== null) throw error
      this.#last = report.result.filter(({ url }) => url.includes('/src/http1/'))
    })
    const ranges = this.#last.flatMap(({ functions }) => functions.flatMap((each) => each.ranges))
    const isFresh = this.#last.some((script) => {
      const known = this.#known.get(script.url)
      return marksOf(script).some((mark, index) => mark === ran && known?.[index] !== ran)
    })
    return { isFresh, steps: ranges.reduce((sum, { count }) => sum + count, 0) }
  }

  /** Marks the last coverage as known. */
  keep(): void {
    for (const script of this.#last) {
      const marks = marksOf(script)
      const known = this.#known.get(script.url) ?? new Uint8Array(0)
      const [longer, shorter] = marks.length > known.length ? [marks, known] : [known, marks]
      for (const [index, mark] of shorter.entries()) longer[index] = Math.max(mark, longer[index] ?? 0)
      this.#known.set(script.url, longer)
    }
  }

  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}

/** Inner ranges come after the outer ones that they correct. The module itself runs once and does not count. */
function marksOf({ functions }: Profiler.ScriptCoverage): Marks {
  const marks = new Uint8Array(
    Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset))),
  )
  for (const { functionName, ranges } of functions) {
    if (functionName === '' && ranges[0]?.startOffset === 0) continue
    for (const { startOffset, endOffset, count } of ranges)
      marks.fill(count > 0 ? ran : neverRan, startOffset, endOffset)
  }
  return marks
}
