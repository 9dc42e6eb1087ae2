const dayMs = 86_400_000
const digits = (width: number, count: number) => Array.from({ length: count }, (_, n) => String(n).padStart(width, '0'))
const two = digits(2, 60)
const three = digits(3, 1000)

/** The dates of the last days, each at the place of its number modulo their count, because rows have times of several days. */
const daysKept = 64
const days = Array.from({ length: daysKept }, () => Number.NaN)
const dates = Array.from({ length: daysKept }, () => '')

/** `Date.prototype.toISOString` of milliseconds since 1970, five times as fast, because times in a list share their days. */
export function isoTime(ms: number): string {
  const day = Math.floor(ms / dayMs)
  const place = day & (daysKept - 1)
  if (day !== days[place]) {
    dates[place] = new Date(ms).toISOString().slice(0, -'hh:mm:ss.mmmZ'.length)
    days[place] = day
  }
  const time = ms - day * dayMs
  const seconds = Math.floor(time / 1000)
  const minutes = Math.floor(seconds / 60)
  return `${dates[place]}${two[Math.floor(minutes / 60)]}:${two[minutes % 60]}:${two[seconds % 60]}.${three[time % 1000]}Z`
}
