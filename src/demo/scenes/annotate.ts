import { type CocoClass, cocoClasses } from '../../programs/coco-classes.ts';
import { type Scenery, type Sprite, sceneSize } from './stage.ts';

export interface Annotation {
  /** Index of `className` in `cocoClasses`, 0 to 79. */
  readonly classId: number;
  readonly className: CocoClass;
  /** x1, y1, x2, y2 in pixels: the smallest box around the visible part. */
  readonly box: readonly [number, number, number, number];
}

/** Objects of which a smaller share is visible are not annotated. */
const leastVisible = 0.55;

interface Seen {
  total: number;
  visible: number;
  box: [number, number, number, number];
}

/**
 * Finds the boxes of the visible objects, from a buffer in which each pixel holds the object that covers it.
 * `scale` is in pixels of the picture per unit of the scene.
 */
export function annotate(sprites: readonly Sprite[], scenery: readonly Scenery[], scale: number): Annotation[] {
  const ids = new Int16Array(sceneSize.width * sceneSize.height);
  const seen = sprites.map((): Seen => ({ total: 0, visible: 0, box: [Infinity, Infinity, -Infinity, -Infinity] }));
  const objects = sprites.map((sprite, index) => firstOfLink(sprites, sprite) ?? index);
  const stamps = [
    ...scenery.map((part) => ({ depth: part.depth, stamp: () => stampScenery(ids, part) })),
    ...sprites.map((sprite, index) => ({
      depth: sprite.depth,
      stamp: () => {
        const object = objects[index] as number;
        (seen[object] as Seen).total += stampSprite(ids, sprite, object + 1);
      },
    })),
  ].sort((a, b) => a.depth - b.depth);
  for (const { stamp } of stamps) stamp();
  countVisible(ids, seen);
  return seen.flatMap((object, index) => {
    if (object.total === 0 || object.visible < leastVisible * object.total) return [];
    const { className } = sprites[index] as Sprite;
    const [x1, y1, x2, y2] = object.box;
    return [
      {
        classId: cocoClasses.indexOf(className),
        className,
        box: [x1 * scale, y1 * scale, x2 * scale, y2 * scale] as const,
      },
    ];
  });
}

function firstOfLink(sprites: readonly Sprite[], sprite: Sprite): number | undefined {
  return sprite.link === undefined ? undefined : sprites.findIndex((other) => other.link === sprite.link);
}

/** Returns the number of the object's pixels, including those outside the picture. */
function stampSprite(ids: Int16Array, sprite: Sprite, id: number): number {
  const { mask } = sprite.icon;
  const angle = (-sprite.tilt * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const middle = sprite.base - sprite.height / 2;
  const reach =
    sprite.tilt === 0
      ? [sprite.width / 2, sprite.height / 2]
      : Array(2).fill(Math.hypot(sprite.width, sprite.height) / 2);
  const [reachX, reachY] = reach as [number, number];
  let total = 0;
  for (let y = Math.floor(middle - reachY); y <= middle + reachY; y++) {
    for (let x = Math.floor(sprite.x - reachX); x <= sprite.x + reachX; x++) {
      const [dx, dy] = [x + 0.5 - sprite.x, y + 0.5 - middle];
      const across = ((dx * cos - dy * sin) * (sprite.flip ? -1 : 1)) / sprite.width + 0.5;
      const down = (dx * sin + dy * cos) / sprite.height + 0.5;
      if (across < 0 || across >= 1 || down < 0 || down >= 1) continue;
      if (!mask.covers[Math.floor(down * mask.height) * mask.width + Math.floor(across * mask.width)]) continue;
      total++;
      if (x >= 0 && x < sceneSize.width && y >= 0 && y < sceneSize.height) ids[y * sceneSize.width + x] = id;
    }
  }
  return total;
}

function stampScenery(ids: Int16Array, { covers }: Scenery): void {
  if (!covers) return;
  for (
    let y = Math.max(0, Math.ceil(covers.y - covers.ry));
    y < Math.min(sceneSize.height, covers.y + covers.ry);
    y++
  ) {
    const half = covers.rx * Math.sqrt(Math.max(0, 1 - ((y - covers.y) / covers.ry) ** 2));
    const row = y * sceneSize.width;
    ids.fill(
      0,
      row + Math.max(0, Math.round(covers.x - half)),
      row + Math.min(sceneSize.width, Math.round(covers.x + half)),
    );
  }
}

function countVisible(ids: Int16Array, seen: Seen[]): void {
  for (let y = 0, at = 0; y < sceneSize.height; y++) {
    for (let x = 0; x < sceneSize.width; x++, at++) {
      const id = ids[at] as number;
      if (id === 0) continue;
      const object = seen[id - 1] as Seen;
      const { box } = object;
      object.visible++;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
    }
  }
}
