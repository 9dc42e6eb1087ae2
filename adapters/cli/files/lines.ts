import { ConnectionError, reasonOf } from '../api.ts'

/** Yields the whole lines of a response as they arrive. @throws ConnectionError when it breaks off */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const text of (response.body as ReadableStream<BufferSource>).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw new ConnectionError(`The connection broke: ${reasonOf(error)}`)
  }
  if (rest !== '') throw new ConnectionError('The connection broke.')
}
