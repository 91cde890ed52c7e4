import type { Art, Icon } from './art.ts';
import type { SceneClass } from './icon-names.ts';
import { type Paint, pickPaint } from './paint.ts';
import type { Random } from './random.ts';

/** Scenes are composed in these units; a picture of another size is scaled. */
export const sceneSize = { width: 640, height: 480 } as const;

/** An object of a scene; `x` is its middle and `base` its lower edge. */
export interface Sprite {
  readonly className: SceneClass;
  readonly icon: Icon;
  readonly x: number;
  readonly base: number;
  readonly width: number;
  readonly height: number;
  readonly flip: boolean;
  /** Degrees clockwise about the middle. */
  readonly tilt: number;
  readonly paint: Paint | undefined;
  readonly shadow: boolean;
  /** Sprites of greater depth are drawn later. For objects on the ground, it is their lower edge. */
  readonly depth: number;
  /** Sprites with the same link are one object (a locomotive and its wagons). */
  readonly link: number | undefined;
}

/** A part of the scenery that stands among the objects; `covers` is the ellipse that it hides. */
export interface Scenery {
  readonly svg: string;
  readonly depth: number;
  readonly covers?: { readonly x: number; readonly y: number; readonly rx: number; readonly ry: number };
}

export interface SpriteWish {
  readonly x: number;
  readonly base: number;
  readonly height: number;
  /** The icons to choose from. Default: all icons of the class. */
  readonly icons?: readonly string[];
  readonly flip?: boolean;
  readonly tilt?: number;
  /** Whether it casts a shadow on the ground. Default: true. */
  readonly shadow?: boolean;
  /** Default: `base`. */
  readonly depth?: number;
  readonly link?: number;
  /** Wider icons are scaled down to fit. */
  readonly maxWidth?: number;
}

/** The canvas of a theme. */
export interface Stage {
  readonly random: Random;
  readonly sprites: Sprite[];
  readonly scenery: Scenery[];
  /** @returns undefined if the style lacks the class (or the icons) */
  sprite(className: SceneClass, wish: SpriteWish): Sprite | undefined;
  /** Adds the object unless it would hide too much of another, or be hidden too much by it. @returns whether it was added */
  place(sprite: Sprite | undefined, overlap?: number): boolean;
}

export function createStage(random: Random, art: Art): Stage {
  const sprites: Sprite[] = [];

  function sprite(className: SceneClass, wish: SpriteWish): Sprite | undefined {
    const icons = (art.get(className) ?? []).filter((icon) => !wish.icons || wish.icons.includes(icon.name));
    if (icons.length === 0) return undefined;
    const icon = random.pick(icons);
    const aspect = icon.viewBox.width / icon.viewBox.height;
    const height = Math.min(wish.height, (wish.maxWidth ?? sceneSize.width) / aspect);
    return {
      className,
      icon,
      x: wish.x,
      base: wish.base,
      width: height * aspect,
      height,
      flip: wish.flip ?? random.chance(0.5),
      tilt: wish.tilt ?? 0,
      paint: pickPaint(random, icon.name),
      shadow: wish.shadow ?? true,
      depth: wish.depth ?? wish.base,
      link: wish.link,
    };
  }

  function place(candidate: Sprite | undefined, overlap = 0.15): boolean {
    if (!candidate || sprites.some((placed) => overlapShare(placed, candidate) > overlap)) return false;
    sprites.push(candidate);
    return true;
  }

  return { random, sprites, scenery: [], sprite, place };
}

/** The common area of two upright boxes, as a share of the smaller box. */
function overlapShare(a: Sprite, b: Sprite): number {
  const width = Math.min(a.x + a.width / 2, b.x + b.width / 2) - Math.max(a.x - a.width / 2, b.x - b.width / 2);
  const height = Math.min(a.base, b.base) - Math.max(a.base - a.height, b.base - b.height);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / Math.min(a.width * a.height, b.width * b.height);
}
