/** A rectangle by its corner at the top left. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export interface PlacedLabel {
  readonly point: LabelledPoint;
  readonly area: Area;
}

/**
 * Puts each label beside its point, where it covers no other label and no point and lies inside the frame. A label without such a place is
 * left out. Earlier labels come first.
 * @param obstacles centres of the points
 * @param textWidth pixels of a text
 */
export function placeLabels(
  labels: readonly LabelledPoint[],
  obstacles: readonly { readonly x: number; readonly y: number }[],
  frame: Area,
  { height, radius, textWidth }: { readonly height: number; readonly radius: number; textWidth(text: string): number },
): readonly PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const point of labels) {
    const free = candidates(point, textWidth(point.text), height, radius).filter(
      (area) => isInside(area, frame) && placed.every((other) => !overlap(area, other.area)),
    );
    const covered = (area: Area) => obstacles.filter((obstacle) => touches(area, obstacle, radius)).length;
    const area = free.toSorted((one, other) => covered(one) - covered(other))[0];
    if (area !== undefined && covered(area) === 0) placed.push({ point, area });
  }
  return placed;
}

/** Near places first: above left, above right, below right, below left, then the same farther away. */
function candidates({ x, y }: LabelledPoint, width: number, height: number, radius: number): readonly Area[] {
  return [radius + 2, radius + 10, radius + 20, radius + 32].flatMap((gap) => {
    const [left, right] = [x - gap - width, x + gap];
    const [above, below] = [y - gap - height, y + gap];
    const middle = y - height / 2;
    return [
      [left, above + radius],
      [x - width / 2, above],
      [x - radius, above],
      [x - width / 4, above],
      [right, above + radius],
      [left, middle],
      [right, middle],
      [right, below - radius],
      [x - width / 2, below],
      [left, below - radius],
    ].map(([at, top]) => ({ x: at!, y: top!, width, height }));
  });
}

function isInside(area: Area, frame: Area): boolean {
  return (
    area.x >= frame.x &&
    area.y >= frame.y &&
    area.x + area.width <= frame.x + frame.width &&
    area.y + area.height <= frame.y + frame.height
  );
}

function overlap(one: Area, other: Area): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function touches(area: Area, { x, y }: { readonly x: number; readonly y: number }, radius: number): boolean {
  return overlap(area, { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius });
}
