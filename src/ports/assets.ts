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
  /** True if the app has declared that the file at this path never changes. */
  isImmutable: boolean
  /** Reads the bytes from `start` to `end`, both included. */
  read(start: number, end: number): ReadableStream<Uint8Array>
}

/** Files that never change, because their names contain a hash of their content. */
export interface ImmutableFiles {
  /**
   * The paths of static files that never change, such as `/^assets\/.*-[\w-]{8}\.(js|css)$/`: clients keep them for a
   * year and never ask again. None by default; HTML is always revalidated.
   */
  immutableFiles?: RegExp
}

/** True if a path such as `assets/app.js` matches, also with flags that give a pattern a state. */
export function isImmutable(path: string, { immutableFiles }: ImmutableFiles): boolean {
  return immutableFiles !== undefined && path.search(immutableFiles) !== -1
}
