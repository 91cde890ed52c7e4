/** A mask in COCO's compressed run-length encoding. */
export interface RunLengths {
  /** Height and width. */
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/**
 * Runs of pixels outside and inside, column by column, as pycocotools writes them: differences to the run before the last one, in groups of 5
 * bits. https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c
 * @param isInside of a pixel of the box `x1`..`x2`, `y1`..`y2`; all others are outside
 */
export function runLengths(
  { width, height }: { readonly width: number; readonly height: number },
  box: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number },
  isInside: (x: number, y: number) => boolean,
): RunLengths {
  const runs: number[] = [];
  let [run, inside] = [0, false];
  const add = (value: boolean, pixels: number) => {
    if (pixels <= 0) return;
    if (value !== inside) {
      runs.push(run);
      [run, inside] = [0, value];
    }
    run += pixels;
  };
  add(false, box.x1 * height);
  for (let x = box.x1; x < box.x2; x++) {
    add(false, box.y1);
    for (let y = box.y1; y < box.y2; y++) add(isInside(x, y), 1);
    add(false, height - box.y2);
  }
  add(false, (width - Math.max(box.x1, box.x2)) * height);
  runs.push(run);
  return { size: [height, width], counts: written(runs) };
}

function written(runs: readonly number[]): string {
  let text = '';
  for (const [at, run] of runs.entries()) {
    let rest = at > 2 ? run - runs[at - 2]! : run;
    for (let more = true; more; ) {
      let group = rest & 0x1f;
      rest >>= 5;
      more = group & 0x10 ? rest !== -1 : rest !== 0;
      if (more) group |= 0x20;
      text += String.fromCharCode(group + 48);
    }
  }
  return text;
}
