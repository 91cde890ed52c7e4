export const datasetFormats = ['coco', 'voc', 'yolo'] as const;

export type DatasetFormat = (typeof datasetFormats)[number];
