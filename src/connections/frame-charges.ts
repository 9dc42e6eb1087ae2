import type { FrameSink } from './frames.ts'

/** Charges each frame as it arrives, the first one of a read with the bytes of the read. */
export class FrameCharges {
  readonly #sink: Pick<FrameSink, 'charge'>
  #bytes = 0

  constructor(sink: Pick<FrameSink, 'charge'>) {
    this.#sink = sink
  }

  begin(bytes: number): void {
    this.#bytes = bytes
  }

  frame(): void {
    this.#sink.charge(1, this.#bytes)
    this.#bytes = 0
  }

  /** Charges the bytes of a read without a frame. */
  end(): void {
    if (this.#bytes > 0) this.#sink.charge(0, this.#bytes)
  }
}
