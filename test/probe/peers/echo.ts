/** What the probe asks of a server, as a `fetch` handler. */
export async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  return pathname === '/echo-body' ? new Response(await request.arrayBuffer()) : new Response('ok')
}
