export interface ImportArguments {
  /** Required without archives; with them, a path in the archives. */
  readonly annotations?: string | undefined;
  /** Archives to unpack first. */
  readonly archive?: readonly string[] | undefined;
  readonly images?: string | undefined;
  readonly names?: string | undefined;
  readonly into: string;
  readonly segmentations?: boolean | undefined;
  readonly replace?: boolean | undefined;
}

/** Files to import. */
export interface ImportedFiles {
  readonly annotations: string;
  /** Folder of pictures. */
  readonly images: string | null;
  /** Called after the import. @returns number of pictures that were unpacked; null: none were */
  publish(): Promise<number | null>;
}
