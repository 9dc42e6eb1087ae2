/** Files to serve, read only. */
export interface Assets {
  /**
   * Opens the file at a relative path such as `img/logo.svg`. Null when there is no such file, when
   * it is a folder or a hidden file, and when the path leads outside.
   */
  open(path: string): Promise<Asset | null>
}

export interface Asset {
  sizeBytes: number
  /** Changes whenever the content does; fit for an ETag. */
  version: string
  /** The bytes from `start` to `end`, both included. */
  read(start: number, end: number): ReadableStream<Uint8Array>
}
