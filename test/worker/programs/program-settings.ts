import type { SettingsOf } from '../../../src/programs/programs.ts';

/** Settings of `CMD "detect"` with the defaults. */
export const detectSettings: SettingsOf<'detect'> = {
  model: '/models/demo.onnx',
  image_dir: '/datasets',
  image_column: null,
  family: 'auto',
  classes_file: null,
  class_names: null,
  classes: null,
  confidence: 0.25,
  iou: null,
  agnostic_nms: false,
  max_detections: null,
  output: 'boxes',
  masks: false,
  keypoints: false,
  corners: false,
  latency: null,
  accuracy: null,
  class_coverage: null,
  image_size: null,
  rect: false,
  batch: null,
  device: 'cpu',
};

/** The same for `CMD "classify"`. */
export const classifySettings: SettingsOf<'classify'> = {
  model: '/datasets/colours.onnx',
  image_dir: '/datasets',
  image_column: null,
  classes_file: null,
  class_names: null,
  top: 5,
  min_score: 0,
  activation: 'auto',
  normalization: 'auto',
  output: 'classes',
  image_size: null,
  batch: null,
  device: 'cpu',
};
