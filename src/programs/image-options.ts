import type { Options, Settings } from './contract.ts';

/** Options of the programs whose rows name images. */
export const imageOptions = {
  image_dir: {
    kind: 'folder',
    takes: 'the folder of the images, in a volume',
    example: '"--image_dir=/datasets/…"',
  },
  image_column: {
    kind: 'column',
    takes: "the selected column that holds each image's path, relative to that folder",
    holds: 'the paths of images',
    usualNames: ['file_name', 'filename', 'image_path', 'file_path', 'image_file', 'path', 'file', 'image'],
  },
} as const satisfies Options;

/** `images in /datasets named by file_name` */
export function explainImages({ image_dir, image_column }: Settings<typeof imageOptions>): string {
  return `images in ${image_dir}${image_column === null ? '' : ` named by ${image_column}`}`;
}
