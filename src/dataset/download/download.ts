import { setTimeout } from 'node:timers/promises';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { MillraceError } from '../../errors.ts';
import { networkReason } from '../../network-reasons.ts';
import { shownUrl } from '../../shown-url.ts';
import { asOutputError } from '../export/output.ts';
import { type Answer, ask, failed, Temporary } from './ask.ts';
import { openPartialFile, type PartialFile } from './partial-file.ts';

export interface Downloading {
  /** Hexadecimal digest that the file must have; null: any. */
  readonly sha256: string | null;
  /** Maximum size in bytes. */
  readonly largest: number;
  /** @param total null: the server does not say */
  readonly onProgress: (done: number, total: number | null) => void;
  /** Milliseconds before the first repetition. Each later one waits twice as long. Default: 1000. */
  readonly pauseMs?: number;
}

const [longestPauseMs, silenceMs] = [30_000, 60_000];

/** Number of attempts in a row that bring no byte. */
const mostFruitless = 6;

/**
 * Downloads a file that appears under its name once it is complete. What a broken connection or an ended process left of it is continued if
 * the server still has the same file. Every server is allowed, because the person who names the URL may connect to it from here anyway. The
 * proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY are used.
 *
 * @returns its digest. @throws {MillraceError} DATASET_DOWNLOAD_FAILED, DATASET_DIGEST, DATASET_OUTPUT
 */
export async function download(url: URL, file: string, downloading: Downloading): Promise<string> {
  const agent = new EnvHttpProxyAgent({ headersTimeout: silenceMs, bodyTimeout: silenceMs });
  try {
    const part = await openPartialFile(url, file);
    try {
      await fetchAll(url, part, agent, downloading);
      return await part.complete(downloading.sha256);
    } finally {
      await part.close();
    }
  } catch (error) {
    throw asOutputError(file, error);
  } finally {
    await agent.destroy();
  }
}

/** Repeats requests as long as they bring bytes; without, a few times. */
async function fetchAll(url: URL, part: PartialFile, agent: Dispatcher, downloading: Downloading): Promise<void> {
  for (let fruitless = 0; ; fruitless++) {
    const before = part.size;
    try {
      return await fetchRest(url, part, agent, downloading);
    } catch (error) {
      const failure = asFailure(error, url);
      if (part.size > before) fruitless = 0;
      if (!(failure instanceof Temporary) || fruitless === mostFruitless - 1) throw failure;
      const pauseMs = (downloading.pauseMs ?? 1000) * 2 ** fruitless;
      await setTimeout(Math.min(longestPauseMs, Math.max(failure.pauseMs, pauseMs)));
    }
  }
}

async function fetchRest(
  url: URL,
  part: PartialFile,
  agent: Dispatcher,
  { largest, onProgress }: Downloading,
): Promise<void> {
  const { answer, body } = await ask(url, part.rest(), agent);
  try {
    const total = await place(answer, part, url);
    if (total === part.size) return;
    if (total !== null && total > largest) throw tooLarge(url, largest);
    for await (const chunk of body) {
      if (part.size + chunk.length > largest) throw tooLarge(url, largest);
      await part.append(chunk);
      onProgress(part.size, total);
    }
    if (total !== null && part.size < total) throw new Temporary(`the server closed the connection: ${shownUrl(url)}`);
  } finally {
    body.on('error', () => {}).destroy();
  }
}

/** Prepares the file for the body of the answer. @returns the size of the whole; null: unknown */
async function place(answer: Answer, part: PartialFile, url: URL): Promise<number | null> {
  if (answer.kind === 'rest' && answer.from === part.size) return answer.total;
  if (answer.kind === 'rest') {
    await part.restart(null);
    throw new Temporary(`the server does not continue the file: ${shownUrl(url)}`);
  }
  await part.restart(answer.validator);
  return answer.total;
}

function tooLarge(url: URL, largest: number): MillraceError {
  return failed(`more than the limit of ${largest} bytes: ${shownUrl(url)}`);
}

function asFailure(error: unknown, url: URL): unknown {
  const { code, syscall } = Object(error) as NodeJS.ErrnoException;
  if (error instanceof MillraceError || syscall === 'write' || code === undefined) return error;
  const { reason, temporary } = networkReason(error as NodeJS.ErrnoException);
  const message = `${reason}: ${shownUrl(url)}`;
  return temporary ? new Temporary(message, { cause: error }) : failed(message, error);
}
