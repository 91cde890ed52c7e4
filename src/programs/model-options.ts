import type { Options, Settings } from './contract.ts';

/** More pictures at once than any memory takes. */
export const largestBatch = 1024;

/** Options of the programs that run a model on images. */
export const modelOptions = {
  model: {
    kind: 'model',
    takes: 'the name of a model, or the path of an ONNX file in a volume',
    example: '"--model=demo"',
  },
  classes_file: {
    kind: 'file',
    takes: "a file in a volume with the names of the model's classes: one a line, or a dict or list as in the metadata",
  },
  class_names: { kind: 'list', takes: "the names of the model's classes, separated by commas" },
  image_size: {
    kind: 'size',
    takes: "the model's input in pixels: the side of a square, or height and width such as 384x640",
    least: 32,
    most: 8192,
  },
  batch: {
    kind: 'number',
    takes: `number of images that the model takes at once, 1 to ${largestBatch}`,
    least: 1,
    most: largestBatch,
    whole: true,
    otherwise: null,
  },
  device: { kind: 'device', takes: 'cpu, cuda or auto' },
} as const satisfies Options;

/** Names that YOLOv5's and Ultralytics' commands give them. */
export const modelAliases = {
  weights: 'model',
  batch_size: 'batch',
  names: 'classes_file',
  img: 'image_size',
  img_size: 'image_size',
  imgsz: 'image_size',
} as const;

/** Options of YOLOv5's and Ultralytics' commands, and of the thesis's programs. */
export const modelOptionsElsewhere = {
  augment: 'leave it out: each image is seen once',
  data: 'name the classes with --classes_file',
  dataset: 'leave it out: the query selects the images',
  dnn: 'leave it out: ONNX Runtime runs the model',
  half: 'leave it out: a model exported with half precision runs in half precision',
  project: 'leave it out: INTO names the table of the results',
  rect: 'leave it out, or give a rectangle, e.g. --image_size=384x640',
  repository: 'leave it out: --model names the file of the model',
  save_conf: 'leave it out: the results are rows of a table',
  save_crop: 'leave it out: the results are rows of a table',
  save_txt: 'leave it out: the results are rows of a table',
  workers: 'write WITH partitions = … or cpu = … after CMD',
  write_mode: "write it after WITH: WITH write_mode = '…'",
} as const;

/** ` named by /models/coco.txt` */
export function explainNames({
  classes_file,
  class_names,
}: Pick<Settings<typeof modelOptions>, 'classes_file' | 'class_names'>): string {
  if (class_names !== null) return `, with ${class_names.length} class names`;
  return classes_file === null ? '' : `, with the class names of ${classes_file}`;
}
