import type { Config } from '../config.ts';
import type { LogFilter, StatementStatus } from '../engine/engine.ts';
import type { Output } from './output.ts';
import { progressOf } from './progress.ts';
import { formatRows } from './result-table.ts';
import { followStatement, statusJson } from './run.ts';
import { openSession, type Session } from './session.ts';
import { summaryLines } from './summary.ts';

/** `millrace list`: the last hundred statements, newest first. */
export function listStatements(config: Config, output: Output): Promise<number> {
  return withSession(config, output, async ({ engine }) => {
    const statements = await engine.list();
    if (output.json) for (const status of statements) output.write(statusJson(status));
    else output.line(formatRows(['id', 'state', 'submitted', 'images', 'statement'], statements.map(listRow)));
    return 0;
  });
}

function listRow(status: StatementStatus): readonly unknown[] {
  const progress = progressOf(status);
  const images = progress === null ? '' : `${progress.done}/${progress.total}`;
  return [status.id, status.state, status.submittedAt.slice(0, 19), images, status.text.replace(/\s+/g, ' ').trim()];
}

/** `millrace status ID` */
export function showStatus(id: string, config: Config, output: Output): Promise<number> {
  return withSession(config, output, async ({ engine }) => {
    const status = await engine.status(id);
    if (output.json) output.write(statusJson(status));
    else
      for (const line of [...partitionLines(status), ...summaryLines(status), ...errorLines(status)]) output.line(line);
    return 0;
  });
}

function partitionLines({ steps }: StatementStatus): readonly string[] {
  return steps.flatMap(({ name, state, partitions }) => [
    `${name}  ${state}`,
    ...partitions.map(
      ({ number, state: how, done, rows, failed, attempts }) =>
        `  partition ${number}  ${how}  ${done}/${rows} rows, ${failed} failed, ${attempts} attempts`,
    ),
  ]);
}

function errorLines({ error }: StatementStatus): readonly string[] {
  if (error === null) return [];
  return [`${error.code}: ${error.message}`, ...(error.hint === null ? [] : [`  ${error.hint}`])];
}

/** `millrace logs ID` */
export function showLogs(id: string, filter: LogFilter, config: Config, output: Output): Promise<number> {
  return withSession(config, output, async ({ engine }) => {
    await engine.status(id);
    for await (const line of engine.logs(id, filter)) {
      if (output.json) output.write(line);
      else output.line(`${line.step} ${line.source}  ${line.text}`);
    }
    return 0;
  });
}

/** `millrace cancel ID` */
export function cancelStatement(id: string, config: Config, output: Output): Promise<number> {
  return withSession(config, output, async ({ engine }) => {
    await engine.cancel(id);
    output.note(`${id} is being cancelled; millrace retry ${id} goes on with it`);
    return 0;
  });
}

/** `millrace retry ID`: runs what is missing, and follows it to its end. */
export function retryStatement(id: string, config: Config, output: Output): Promise<number> {
  return withSession(config, output, async ({ engine }) => {
    await engine.retry(id);
    return followStatement(engine, id, output);
  });
}

async function withSession(
  config: Config,
  output: Output,
  command: (session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession(config, output.note);
  try {
    return await command(session);
  } finally {
    await session.close();
  }
}
