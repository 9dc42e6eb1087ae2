const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const minutes = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** @param {string} iso */
export function dayOf(iso) {
  return days.format(new Date(iso))
}

/** @param {string} iso */
export function minuteOf(iso) {
  return minutes.format(new Date(iso))
}
