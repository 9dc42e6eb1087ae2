/** Static files, read only. */
export interface Assets {
  /**
   * Opens the file at a relative path such as `img/logo.svg`. Null for a missing file, a folder, a hidden file, and a
   * path that leads outside.
   */
  open(path: string): Promise<Asset | null>
}

export interface Asset {
  sizeBytes: number
  /** Changes whenever the content changes; used as the ETag. */
  version: string
  /** Reads the bytes from `start` to `end`, both included. */
  read(start: number, end: number): ReadableStream<Uint8Array>
}
