import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type Predicate, truthOf } from '../../programs/predicate/predicate.ts';

/** What the drawn scenes show, by the number of the picture. */
export type Scenes = ReadonlyMap<number, Scene>;

interface Scene {
  readonly fileName: string;
  /** Number of objects by class. */
  readonly counts: ReadonlyMap<string, number>;
}

/** @param condition SQL on `demo.images` */
export async function readScenes(pool: Pool, condition: string): Promise<Scenes> {
  const [images] = await pool.query<RowDataPacket[]>(`SELECT image_id, file_name FROM demo.images WHERE ${condition}`);
  const [objects] = await pool.query<RowDataPacket[]>(
    `SELECT image_id, class_name, COUNT(*) AS n FROM demo.ground_truth WHERE ${condition} GROUP BY image_id, class_name`,
  );
  const byImage = Map.groupBy(objects, ({ image_id }) => Number(image_id));
  return new Map(
    images.map(({ image_id, file_name }) => [
      Number(image_id),
      {
        fileName: String(file_name),
        counts: new Map((byImage.get(Number(image_id)) ?? []).map(({ class_name, n }) => [class_name, Number(n)])),
      },
    ]),
  );
}

/** Whether a scene shows what is asked for. */
export function holdsFor({ counts }: Scene, predicate: Predicate): boolean {
  return truthOf(predicate, (name) => counts.get(name) ?? 0) === true;
}

/** The share of scenes about which it is right whether they are among those found. */
export function shareRight(scenes: Scenes, predicate: Predicate, found: ReadonlySet<number>): number {
  const right = [...scenes].filter(([number, scene]) => holdsFor(scene, predicate) === found.has(number));
  return right.length / scenes.size;
}
