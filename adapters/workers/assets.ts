/** The static files of a Worker. */
import { type Asset, type Assets, type ImmutableFiles, isImmutable } from '../../src/ports/assets.ts'

/** Something with a `fetch`: a Durable Object's stub, or the binding of the static assets. */
export interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

/** The assets port over the assets binding. Its files are 25 MiB at most, so one fits in memory. */
export function createBoundAssets(binding: Fetcher | undefined, options: ImmutableFiles): Assets {
  return {
    async open(path): Promise<Asset | null> {
      const response = await binding?.fetch(
        `https://assets.invalid/${path.split('/').map(encodeURIComponent).join('/')}`,
      )
      if (response?.status !== 200) {
        await response?.body?.cancel()
        return null
      }
      const bytes = new Uint8Array(await response.arrayBuffer())
      const version = (response.headers.get('etag') ?? '').replace(/^W\/|"/g, '')
      return {
        sizeBytes: bytes.byteLength,
        version,
        isImmutable: isImmutable(path, options),
        read: (start, end) => streamOf(bytes.subarray(start, end + 1)),
      }
    },
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
