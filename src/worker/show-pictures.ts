import { writeFileSync } from 'node:fs';
import { MillraceError } from '../errors.ts';
import type { PictureAnswer, PictureTask } from '../picture-task.ts';
import { imageDigest } from './image/image-digest.ts';
import { openImages } from './image/image-rows.ts';
import { showPicture } from './image/shown-picture.ts';
import type { Volumes } from './volume-path.ts';

// If memory runs out, the kernel ends this process and not the server: https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {}

process.on('message', async (task: PictureTask) => {
  const answer = await show(task).catch((error) => failure(error, task));
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));

async function show(task: PictureTask): Promise<PictureAnswer> {
  const { folder, volumes, value, size, format, known } = task;
  const sources = (await openImages(folder, volumes))([[value === null ? null : Buffer.from(value)]]);
  const image = await sources[0]!.read();
  const tag = `"${imageDigest(image).slice(0, 32)}-${size}-${format}"`;
  if (known.includes(tag)) return { kind: 'unchanged', tag };
  return { kind: 'picture', tag, picture: await showPicture(image, { size, format }) };
}

function failure(error: unknown, { volumes }: PictureTask): PictureAnswer {
  if (error instanceof MillraceError)
    return { kind: 'failed', code: error.code, message: asInVolumes(error.message, volumes) };
  return { kind: 'failed', code: null, message: error instanceof Error ? error.message : 'unknown' };
}

/** Folders of this machine by the names that statements have for them. */
function asInVolumes(message: string, volumes: Volumes): string {
  return Object.entries(volumes)
    .filter(([, folder]) => folder !== '')
    .toSorted(([, one], [, other]) => other.length - one.length)
    .reduce((text, [mount, folder]) => text.replaceAll(folder, mount), message);
}
