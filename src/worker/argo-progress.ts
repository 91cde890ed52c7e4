import { writeFile } from 'node:fs/promises';

/** How far a worker is, for Argo's UI. */
export interface ArgoProgress {
  /** Rows that this process has written since the last call, or units that it has trained. */
  add(more: number): void;
  /** This worker does no more. */
  end(): Promise<void>;
}

/**
 * Writes `done/total` to the file that Argo's executor watches, and shows once a minute: https://argo-workflows.readthedocs.io/en/latest/progress/
 * Workers draw partitions or models, so a worker's total is its fair share until it has ended, and then what it has done.
 * @param file of ARGO_PROGRESS_FILE; undefined: not in a pod of Argo
 */
export function openArgoProgress(file: string | undefined, total: number, workers: number): ArgoProgress {
  let done = 0;
  let written: Promise<unknown> = Promise.resolve();
  // Without the file, only the UI lacks a figure.
  const write = (whole: number) => {
    if (file === undefined) return;
    const text = `${done}/${Math.max(1, whole)}\n`;
    written = written.then(() => writeFile(file, text)).catch(() => {});
  };
  const share = Math.ceil(total / workers);
  write(share);
  return {
    add(more) {
      done += more;
      write(Math.max(share, done));
    },
    async end() {
      if (done === 0) done = 1;
      write(done);
      await written;
    },
  };
}
