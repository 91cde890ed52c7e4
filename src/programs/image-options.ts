import type { Options, Settings } from './contract.ts';

/** Options of the programs whose rows name images. */
export const imageOptions = {
  image_dir: {
    kind: 'folder',
    takes: 'the folder of the images, in a volume; required if their paths are relative',
  },
  image_column: {
    kind: 'column',
    takes: "the selected column that holds each image's path, its URL, or the image itself",
    holds: 'the paths of images',
    usualNames: [
      'file_name',
      'filename',
      'image_path',
      'file_path',
      'image_file',
      'path',
      'file',
      'image',
      'image_url',
      'url',
    ],
  },
} as const satisfies Options;

/** `images in /datasets named by file_name`; without a folder, `images of file_name` */
export function explainImages({ image_dir, image_column }: Settings<typeof imageOptions>): string {
  if (image_dir === null) return `images of ${image_column ?? 'the selected rows'}`;
  return `images in ${image_dir}${image_column === null ? '' : ` named by ${image_column}`}`;
}
