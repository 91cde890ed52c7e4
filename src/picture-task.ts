/**
 * The contract between the server and the processes that decode pictures for it (src/worker/show-pictures.ts). Files come from anywhere: a
 * decoder that crashes or does not end takes its process along, never the server. A process has one picture at a time. Messages are sent
 * with `serialization: 'advanced'`.
 */
export interface PictureTask {
  /** The folder of relative paths, in a volume or a bucket; null: none. */
  readonly folder: string | null;
  /** Folders of this machine by mount path, and buckets by URL: nothing outside them is read. */
  readonly volumes: Readonly<Record<string, string>>;
  /** The bytes of the row's column: the picture itself, its URL or its path. */
  readonly value: Uint8Array | null;
  /** The picture is scaled down to fit into a square of so many px. */
  readonly size: number;
  readonly format: PictureFormat;
  /** Tags of versions that the client has. */
  readonly known: readonly string[];
}

export const pictureFormats = ['webp', 'jpeg'] as const;
export type PictureFormat = (typeof pictureFormats)[number];

export type PictureAnswer =
  | { readonly kind: 'picture'; readonly tag: string; readonly picture: ShownPicture }
  | { readonly kind: 'unchanged'; readonly tag: string }
  | {
      readonly kind: 'failed';
      /** A code of the worker's errors; null: a defect. */
      readonly code: string | null;
      readonly message: string;
    };

export interface ShownPicture {
  readonly bytes: Uint8Array;
  /** Width and height of the upright picture before it was scaled, in px: boxes are measured in it. */
  readonly width: number;
  readonly height: number;
}
