import sharp from 'sharp';
import { type Annotation, annotate } from './annotate.ts';
import { loadArt } from './art.ts';
import type { Style } from './icon-names.ts';
import { createRandom, type Random } from './random.ts';
import { renderSvg } from './render-svg.ts';
import { createStage, type Stage, sceneSize } from './stage.ts';
import { desk } from './themes/desk.ts';
import { harbour } from './themes/harbour.ts';
import { meadow } from './themes/meadow.ts';
import { room } from './themes/room.ts';
import { street } from './themes/street.ts';
import { table } from './themes/table.ts';

/** Fills the stage and returns the SVG of the background. */
export type Theme = (stage: Stage) => string;

export const themes = { street, meadow, harbour, table, room, desk } as const satisfies Record<string, Theme>;

export interface Scene {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
  readonly annotations: readonly Annotation[];
}

/**
 * Draws the scene of `seed`: the same seed and style give the same picture and boxes.
 * `width` is in pixels (the height is three quarters of it); boxes are in pixels of the picture.
 */
export async function drawScene(seed: number, style: Style, width: number = sceneSize.width): Promise<Scene> {
  const random = createRandom(seed);
  const stage = createStage(random, await loadArt(style));
  const background = pickTheme(random)(stage);
  const svg = renderSvg(background, stage.sprites, stage.scenery, width);
  const jpeg = await sharp(Buffer.from(svg)).flatten().jpeg({ quality: 88 }).toBuffer();
  return {
    jpeg,
    width,
    height: (width * 3) / 4,
    annotations: annotate(stage.sprites, stage.scenery, width / sceneSize.width),
  };
}

function pickTheme(random: Random): Theme {
  return random.pick(Object.values(themes));
}
