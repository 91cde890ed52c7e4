import { Argument, type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { datasetFormats } from '../dataset/formats.ts';
import { answer } from './answer.ts';

export function addDatasetCommands(millrace: Command, config: Config, environment: NodeJS.ProcessEnv): void {
  const place = { config, environment };
  millrace.commandsGroup('Datasets:');
  const dataset = millrace
    .command('dataset')
    .description('import, check and export image datasets: COCO, PASCAL VOC, YOLO')
    .helpCommand(false);

  dataset
    .command('import')
    .description('import annotations into a database; the same files again change nothing')
    .addArgument(new Argument('<format>', 'format of the annotations').choices(datasetFormats))
    .option('--annotations <path>', 'instance file of COCO, folder of VOC .xml files, or folder of YOLO labels')
    .option(
      '--archive <source...>',
      'zip, tar, tar.gz, folder or http(s) URL with the annotations or pictures; --annotations is then a path in it',
    )
    .requiredOption('--into <database>', 'database for the tables; it is created if it does not exist')
    .option(
      '--images <folder>',
      'folder of pictures: report missing, unreadable and resized ones (required for yolo); with --archive, the new folder for its pictures',
    )
    .option('--names <file>', 'class names for yolo: data.yaml or classes.txt (default: beside the labels)')
    .option('--segmentations', 'also store the outlines of COCO, as JSON')
    .option('--replace', 'replace another dataset in this database, and the pictures of another archive')
    .option('--json', 'print JSON lines')
    .action((format, { json = false, ...options }) =>
      answer(json, async (output) =>
        (await import('../dataset/import.ts')).importFiles(format, options, place, output),
      ),
    );

  dataset
    .command('export')
    .description('write a dataset, or a table of boxes such as a result, to files')
    .addArgument(new Argument('<format>', 'format of the files').choices(datasetFormats))
    .requiredOption('--from <name>', 'database of a dataset, or a table of boxes: database.table')
    .requiredOption('--to <path>', 'new file (coco) or folder (voc, yolo)')
    .option('--dataset <database>', 'dataset of the images and categories, for a table of boxes')
    .option('--json', 'print JSON lines')
    .action((format, { json = false, ...options }) =>
      answer(json, async (output) =>
        (await import('../dataset/export.ts')).exportBoxes(format, options, place, output),
      ),
    );

  dataset
    .command('check')
    .description('report the boxes and pictures of a dataset; fails if a picture is missing, unreadable or resized')
    .argument('<database>', 'database of the dataset')
    .option('--images <folder>', 'folder of pictures')
    .option('--json', 'print JSON lines')
    .action((database, { json = false, ...options }) =>
      answer(json, async (output) =>
        (await import('../dataset/check.ts')).checkDataset(database, options, place, output),
      ),
    );

  dataset
    .command('dump')
    .description('write a dataset as SQL, for /docker-entrypoint-initdb.d of an image of MySQL or MariaDB')
    .argument('<database>', 'database of the dataset')
    .requiredOption('--to <file>', 'new file, compressed if it ends in .gz')
    .option('--json', 'print JSON lines')
    .action((database, { json = false, ...options }) =>
      answer(json, async (output) =>
        (await import('../dataset/export.ts')).dumpTables(database, options, place, output),
      ),
    );

  millrace
    .command('evaluate')
    .description(
      "measure a table of detections or classes against labels: COCO's figures or top-1 and top-5, and each class",
    )
    .argument('<result>', 'table of detections or classes, as database.table')
    .argument('<labels>', 'table of boxes such as coco_val.annotations, or of classes of images')
    .option(
      '--confidence <score>',
      'minimum score of a detection that counts for the presence of a class',
      confidenceOf,
      0.25,
    )
    .option('--plot <file>', 'write precision by recall of detections as a picture (SVG)')
    .option('--json', 'print JSON')
    .action((result, labels, { json = false, ...options }) =>
      answer(json, async (output) =>
        (await import('../evaluate/evaluate-tables.ts')).evaluateTables([result, labels], options, place, output),
      ),
    );
}

function confidenceOf(written: string): number {
  const value = written.trim() === '' ? Number.NaN : Number(written);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}
