import type { ClassificationAccuracy } from '../../evaluation/classification.ts';
import { type CocoAccuracy, type CocoFigures, figureNames } from '../../evaluation/coco.ts';
import type { Presence } from '../../evaluation/presence.ts';
import type { LabelClass } from '../../labels/classes.ts';
import type { OutputRow, Summary } from '../row-program.ts';

/** Rows of the published table: metric, class id, class name, value. */
function modelRows(values: Readonly<Record<string, number | null>>): readonly OutputRow[] {
  return Object.entries(values).map(([metric, value]) => [metric, null, null, value]);
}

function classRows({ id, name }: LabelClass, values: Readonly<Record<string, number | null>>): readonly OutputRow[] {
  return Object.entries(values).map(([metric, value]) => [metric, id, name, value]);
}

/** COCOeval's -1 is NULL in SQL. */
function known(figures: CocoFigures): Readonly<Record<string, number | null>> {
  return Object.fromEntries(figureNames.map((name) => [name, figures[name] < 0 ? null : figures[name]]));
}

interface Detected {
  readonly accuracy: CocoAccuracy;
  readonly presence: readonly Presence[];
  readonly classes: readonly LabelClass[];
  readonly images: number;
  readonly speed: Readonly<Record<string, number | null>>;
}

export function detectorSummary({ accuracy, presence, classes, images, speed }: Detected): Summary {
  const total = (of: 'objects' | 'detections') => accuracy.classes.reduce((sum, each) => sum + each[of], 0);
  const counts = { images, objects: total('objects'), detections: total('detections') };
  const each = accuracy.classes.map(({ classNo, objects, detections, figures }) => {
    const { right, wrong, precision, recall } = presence[classNo]!;
    const { AP = null, AP50 = null, AP75 = null, AR100 = null } = known(figures);
    return { AP, AP50, AP75, AR100, objects, detections, images_right: right, images_wrong: wrong, precision, recall };
  });
  const figures = known(accuracy.figures);
  return {
    rows: [
      ...modelRows({ ...figures, ...counts, ...speed }),
      ...each.flatMap((values, index) => classRows(classes[index]!, values)),
    ],
    images,
    accuracy: Object.fromEntries(Object.entries(figures).map(([name, value]) => [registryNames[name] ?? name, value])),
    perClass: accuracy.classes.map(({ classNo }, index) => {
      const { AP, images_right: right, images_wrong: wrong, precision, recall } = each[index]!;
      const { id, name } = classes[index]!;
      const { shown } = presence[classNo]!;
      return { classId: id ?? index, name, ap: AP, right, wrong, shown, precision, recall, images };
    }),
  };
}

/** Names of COCO's figures in the registry. */
const registryNames: Readonly<Record<string, string>> = {
  AP: 'map',
  AP50: 'map50',
  AP75: 'map75',
  AP_small: 'small',
  AP_medium: 'medium',
  AP_large: 'large',
  AR1: 'ar1',
  AR10: 'ar10',
  AR100: 'ar100',
  AR_small: 'ar_small',
  AR_medium: 'ar_medium',
  AR_large: 'ar_large',
};

export function classifierSummary(
  { images, top1, top5, classes: measured }: ClassificationAccuracy,
  classes: readonly LabelClass[],
  speed: Readonly<Record<string, number | null>>,
): Summary {
  return {
    rows: [
      ...modelRows({ top1, top5, images, ...speed }),
      ...measured.flatMap(({ classNo, images, right, wrong, precision, recall }) =>
        classRows(classes[classNo]!, { images, right, wrong, precision, recall }),
      ),
    ],
    images,
    accuracy: { top1, top5 },
    perClass: measured.map(({ classNo, wrong, precision, recall, images: shown }) => ({
      ...{ classId: classes[classNo]!.id ?? classNo, name: classes[classNo]!.name, ap: null },
      // An image of another class that is not given this one is told right as well.
      ...{ right: images - wrong, wrong, shown, precision, recall, images },
    })),
  };
}

/** Of a model of a table. */
export function tableSummary(
  figures: Readonly<Record<string, number | null>>,
  rows: number,
  speed: Readonly<Record<string, number | null>>,
): Summary {
  const { images_per_second: rows_per_second = null } = speed;
  return { rows: modelRows({ ...figures, rows, rows_per_second }), images: rows, accuracy: figures, perClass: [] };
}
