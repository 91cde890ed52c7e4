import type { CatalogImage } from '../catalog/catalog.ts';
import { MillraceError, type Span } from '../errors.ts';
import type { RunStatement, StringLiteral } from '../sql/statement.ts';
import { nearestName } from './nearest-name.ts';

/** The options of the program `yolo`, as written: `--name=value`. */
export type YoloOptions = Readonly<Partial<Record<YoloOption, GivenOption>>>;

export interface GivenOption {
  readonly value: string;
  readonly span: Span;
}

export const yoloOptions = {
  model: 'the name of a model, or the path of an ONNX file inside a volume',
  image_dir: 'the folder of the images inside a volume',
  image_column: "the selected column that holds each image's path",
  confidence: 'the least score of a detection, 0 to 1',
  iou: 'the overlap above which of two detections of a class the weaker is dropped, 0 to 1',
  max_detections: 'how many detections of an image are kept at most',
  image_size: "the side of the model's input in pixels",
  device: 'cpu, cuda or auto',
} as const;

export type YoloOption = keyof typeof yoloOptions;

/** What the options of YOLOv5's and Ultralytics' own commands are called here; null: there is nothing of the kind. */
const optionsElsewhere: Readonly<Record<string, YoloOption | null>> = {
  conf: 'confidence',
  conf_thres: 'confidence',
  iou_thres: 'iou',
  max_det: 'max_detections',
  img: 'image_size',
  img_size: 'image_size',
  imgsz: 'image_size',
  weights: 'model',
  source: 'image_dir',
  agnostic_nms: null,
  augment: null,
  classes: null,
  data: null,
  half: null,
  names: null,
};

/** Takes CMD apart: the program, then options. Reports what they do not know; null: the program itself is wrong. */
export function readCommand(
  statement: RunStatement,
  image: CatalogImage,
  report: (error: MillraceError) => void,
): YoloOptions | null {
  const [program, ...rest] = statement.command;
  const problem = checkProgram(statement, image, program);
  if (problem === null)
    return readOptions(
      rest.filter((literal) => !isIgnored(literal, image)),
      report,
    );
  report(problem);
  return null;
}

function isIgnored({ value }: StringLiteral, { ignoredOptions, attributeOptions }: CatalogImage): boolean {
  return [...ignoredOptions, ...attributeOptions].some((name) => value.startsWith(`--${name}=`));
}

function checkProgram(
  statement: RunStatement,
  image: CatalogImage,
  program: StringLiteral | undefined,
): MillraceError | null {
  const known = Object.keys(image.programs)
    .map((name) => `"${name}"`)
    .join(', ');
  if (program === undefined) {
    const hint = `add CMD ${known}, "--model=…", "--image_dir=…"`;
    return new MillraceError('MISSING_COMMAND', `${image.name} needs a CMD`, { span: statement.image.span, hint });
  }
  if (Object.hasOwn(image.programs, program.value)) return null;
  const message = `${image.name} has no program '${program.value}'`;
  return new MillraceError('UNKNOWN_PROGRAM', message, { span: program.span, hint: `it has ${known}` });
}

function readOptions(literals: readonly StringLiteral[], report: (error: MillraceError) => void): YoloOptions {
  const options: Record<string, GivenOption | undefined> = {};
  for (const literal of literals) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(literal.value) ?? [];
    const problem = checkOption(literal, name?.replaceAll('-', '_'), options);
    if (problem !== null) report(problem);
    else if (name !== undefined && value !== undefined)
      options[name.replaceAll('-', '_')] = { value, span: literal.span };
  }
  return options;
}

function checkOption(
  literal: StringLiteral,
  name: string | undefined,
  given: Readonly<Record<string, GivenOption | undefined>>,
): MillraceError | null {
  const { span } = literal;
  if (name === undefined) {
    const hint = 'write options as "--name=value"';
    return new MillraceError('WRONG_OPTION', `'${literal.value}' is not an option`, { span, hint });
  }
  if (!Object.hasOwn(yoloOptions, name)) {
    const hint = hintFor(name);
    const [written] = literal.value.split('=');
    return new MillraceError('UNKNOWN_OPTION', `yolo has no option '${written}'`, { span, hint });
  }
  if (given[name] === undefined) return null;
  return new MillraceError('WRONG_OPTION', `the option '--${name}' is given twice`, { span, hint: 'keep one of them' });
}

function hintFor(name: string): string {
  const elsewhere = Object.hasOwn(optionsElsewhere, name) ? optionsElsewhere[name] : undefined;
  if (elsewhere === null) return 'leave it out: there is no such option here';
  const nearest = elsewhere ?? nearestName(name, Object.keys(yoloOptions));
  return nearest === undefined ? `it has --${Object.keys(yoloOptions).join(', --')}` : `did you mean --${nearest}?`;
}
