/** The `fetch` handler that the probe expects of a server. */
export async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  return pathname === '/echo-body' ? new Response(await request.arrayBuffer()) : new Response('ok')
}
