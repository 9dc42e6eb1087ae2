/** The visible parts of a Response without its body. */

export const given = (init: unknown) => init as ResponseInit

export const describe = (r: Response) => [
  r.status,
  r.ok,
  r.statusText,
  r.type,
  r.url,
  r.redirected,
  [...r.headers],
  r.bodyUsed,
]
