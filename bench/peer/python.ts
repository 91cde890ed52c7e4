import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('detect.py', import.meta.url));

/**
 * The command of the Python pipeline, or why there is none.
 * @param python an interpreter with the packages of requirements.txt
 */
export async function pythonPipeline(
  python: string,
): Promise<{ readonly command: readonly [string, ...string[]] } | { readonly missing: string }> {
  try {
    await promisify(execFile)(python, ['-c', 'import cv2, numpy, onnxruntime; cv2.dnn.NMSBoxesBatched']);
    return { command: [python, program] };
  } catch {
    return { missing: 'without a Python pipeline: its packages are missing (bench/peer/requirements.txt)' };
  }
}
