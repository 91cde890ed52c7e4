export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A grid that starts at (`x`, `y`), `width` px wide, with `gap` px between pictures. */
export interface Grid {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly columns: number;
  readonly gap: number;
}

/**
 * Places the pictures in rows of `columns`, in whole pixels. All pictures of a row have one height, and a full row is flush on both sides.
 * A last row that is not full is as high as a row of 4:3 pictures.
 */
export function layOut(pictures: readonly Size[], grid: Grid): Rectangle[] {
  const placed: Rectangle[] = [];
  let { y } = grid;
  for (let first = 0; first < pictures.length; first += grid.columns) {
    const row = layOutRow(pictures.slice(first, first + grid.columns), { ...grid, y });
    placed.push(...row);
    y += row[0]!.height + grid.gap;
  }
  return placed;
}

function layOutRow(pictures: readonly Size[], { x, y, width, columns, gap }: Grid): Rectangle[] {
  const aspects = pictures.map((picture) => picture.width / picture.height);
  const free = width - gap * (pictures.length - 1);
  const flush = free / aspects.reduce((sum, aspect) => sum + aspect, 0);
  const usual = (width - gap * (columns - 1)) / columns / (4 / 3);
  const height = pictures.length === columns ? flush : Math.min(flush, usual);
  let left = x;
  return aspects.map((aspect) => {
    const right = left + aspect * height;
    const rectangle = {
      x: Math.round(left),
      y,
      width: Math.round(right) - Math.round(left),
      height: Math.round(height),
    };
    left = right + gap;
    return rectangle;
  });
}

/** The area that both cover, in square pixels. */
export function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
