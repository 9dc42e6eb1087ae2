/** The port of an SMTP server, from its URL. */
export function smtpPort({ protocol, port }: Pick<URL, 'protocol' | 'port'>): number {
  if (port !== '') return Number(port)
  return protocol === 'smtps:' ? 465 : 587
}
