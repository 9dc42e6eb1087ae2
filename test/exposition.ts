/** A strict reader of the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats). */

export interface Family {
  type: string
  help: string
  samples: Sample[]
}

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const metaPattern = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/
const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/s
/** A value's only escapes are for the backslash, the quote and the line feed. */
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y
const types = new Set(['counter', 'gauge', 'histogram'])

/** Reads all metrics by name. @throws on whatever the format does not allow */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end.')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const meta = metaPattern.exec(line)
    if (meta) current = readMeta(families, current, meta)
    else addSample(families.get(current), current, seen, line)
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  return families
}

function readMeta(
  families: Map<string, Family>,
  current: string,
  [line, kind, name = '', rest = '']: string[],
): string {
  if (kind === 'HELP') {
    if (families.has(name)) throw new Error(`A metric comes twice: ${line}`)
    if (/\\(?![\\n])/.test(rest)) throw new Error(`A bad escape: ${line}`)
    families.set(name, { type: '', help: rest, samples: [] })
    return name
  }
  const family = families.get(name)
  if (name !== current || !family || family.type !== '' || family.samples.length > 0)
    throw new Error(`Out of place: ${line}`)
  if (!types.has(rest)) throw new Error(`No such type: ${line}`)
  family.type = rest
  return name
}

function addSample(family: Family | undefined, name: string, seen: Set<string>, line: string): void {
  const [, full = '', labels = '', value = ''] = samplePattern.exec(line) ?? []
  const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (!family?.type || !suffixes.some((suffix) => full === name + suffix)) throw new Error(`Not of ${name}: ${line}`)
  const sample = { name: full, labels: readLabels(labels), value: Number(value.replace('Inf', 'Infinity')) }
  const key = keyOf(sample)
  if (seen.has(key)) throw new Error(`A series comes twice: ${line}`)
  if (family.type !== 'gauge' && !(sample.value >= 0)) throw new Error(`It can't have fallen: ${line}`)
  seen.add(key)
  family.samples.push(sample)
}

export function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  labelPattern.lastIndex = 0
  for (let at = 0; at < text.length; at = labelPattern.lastIndex) {
    const [, name = '', value = '', separator] = labelPattern.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`Bad labels: ${text}`)
    if (separator === ',' && labelPattern.lastIndex === text.length) throw new Error(`A comma too many: ${text}`)
    labels[name] = value.replace(/\\(.)/gs, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

/** Names a series, whatever the order of its labels. */
function keyOf({ name, labels }: Pick<Sample, 'name' | 'labels'>): string {
  return JSON.stringify([
    name,
    Object.entries(labels)
      .map((each) => JSON.stringify(each))
      .toSorted(),
  ])
}

/** Each series has buckets that rise and end with +Inf, which is its count, and a sum. */
function checkHistogram(name: string, { samples }: Family): void {
  const series = Map.groupBy(samples, (sample) => keyOf({ name, labels: { ...sample.labels, le: '' } }))
  for (const [key, all] of series) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')))
    const counts = buckets.map(({ value }) => value)
    const [count, ...counted] = all.filter((sample) => sample.name === `${name}_count`)
    const sums = all.filter((sample) => sample.name === `${name}_sum`)
    const isSound = rises(bounds, true) && rises(counts, false) && bounds.at(-1) === Infinity
    if (!isSound || counts.at(-1) !== count?.value || counted.length > 0 || sums.length !== 1)
      throw new Error(`Not a histogram: ${key} ${JSON.stringify(all)}`)
  }
}

function rises(values: number[], strictly: boolean): boolean {
  return values.every((value, index) => {
    const before = index === 0 ? -Infinity : (values[index - 1] ?? Number.NaN)
    return strictly ? value > before : value >= before
  })
}
