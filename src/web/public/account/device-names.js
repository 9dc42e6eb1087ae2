/** Patterns of User-Agent, the more specific ones first: most agents claim to be several. */
const programs = [
  [/\bEdg/, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^node\b/, 'Node'],
  [/^Deno\//, 'Deno'],
]
const systems = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** Returns a name such as “Firefox on Linux”. @param {string} agent */
export function deviceOf(agent) {
  const program = nameIn(programs, agent)
  const system = nameIn(systems, agent)
  if (!program) return agent.slice(0, 60) || 'An unknown client'
  return system ? `${program} on ${system}` : program
}

/** @param {(string | RegExp)[][]} names @param {string} agent */
function nameIn(names, agent) {
  const found = names.find(([pattern]) => pattern instanceof RegExp && pattern.test(agent))
  return found ? String(found[1]) : ''
}
