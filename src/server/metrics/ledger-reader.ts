import type { Pool } from 'mysql2/promise';
import type { AnswerCounts } from '../../ledger/answer-sets.ts';
import {
  type EndedCount,
  type LedgerModel,
  type LedgerPartition,
  type LedgerQueries,
  type LedgerStatement,
  type LedgerTraining,
  ledgerQueries,
  mapWork,
  snapshot,
  type Transition,
  type Work,
} from '../../ledger/metric-queries.ts';
import { isEnd, type PhaseTime, phasesOf } from './phases-of.ts';
import { openTransitionWindow, type TransitionWindow } from './transition-window.ts';

/** What has changed since the previous reading; the first reading contains everything. */
export interface LedgerReading {
  readonly ended: readonly EndedCount[];
  /** Empty in the first reading. */
  readonly phases: readonly PhaseTime[];
  readonly work: Work;
  readonly answers: AnswerCounts;
  /** The active statements, and those that ended within the last minute. */
  readonly statements: readonly LedgerStatement[];
  readonly partitions: readonly LedgerPartition[];
  /** Models of steps that ask several. */
  readonly models: readonly LedgerModel[];
  /** How far steps are that train. */
  readonly trainings: readonly LedgerTraining[];
}

/** Ended statements are read for this long, so that their last figures are scraped and those of late workers counted. */
const AFTERGLOW_MS = 60_000;

/** Number of partitions of ended statements to remember: a retry continues their figures. */
const REMEMBERED_PARTITIONS = 20_000;

/** Reads only what is new, however many statements the system schema holds. Only the first reading covers all of them. */
export function openLedgerReader(pool: Pool, schema: string): () => Promise<LedgerReading> {
  let window: TransitionWindow | null = null;
  /** When each statement ended, by the clock of this process; null: it is active. */
  let known = new Map<string, number | null>();
  const lastWork = new Map<string, Work>();
  let lastAnswers: AnswerCounts = { stored: 0, reused: 0 };

  async function first(): Promise<LedgerReading> {
    const { latest, answers, ...reading } = await snapshot(pool, async (connection) => {
      const ask = ledgerQueries(connection, schema);
      const latest = await ask.latestTransitions();
      const ended = await ask.countEnded();
      const work = await ask.sumWork();
      const answers = await ask.countAnswers();
      return { latest, ended, work, answers, ...(await statementsOf(ask, await ask.activeIds())) };
    });
    window = openTransitionWindow(latest);
    addedWork(reading.partitions, () => false);
    remember(reading);
    return { ...reading, answers: addedAnswers(answers), phases: [] };
  }

  async function next(seen: TransitionWindow): Promise<LedgerReading> {
    const { above, fresh, history, answers, ...reading } = await snapshot(pool, async (connection) => {
      const ask = ledgerQueries(connection, schema);
      const above = await ask.transitionsAfter(seen.floor);
      const fresh = seen.fresh(above);
      const changed = [...new Set(fresh.map(({ statement }) => statement))];
      const history = await ask.historyOf(changed);
      const answers = await ask.countAnswers();
      return {
        above,
        fresh,
        history,
        answers,
        ...(await statementsOf(ask, [...new Set([...known.keys(), ...changed])])),
      };
    });
    const changes = changesOf(fresh, history, reading.statements);
    const work = addedWork(reading.partitions, (id) => known.has(id) || changes.get(id)?.isNew === true);
    seen.advance(above);
    remember(reading);
    return {
      ...reading,
      work,
      answers: addedAnswers(answers),
      ended: [...changes.values()].flatMap(({ ended }) => ended),
      phases: [...changes.values()].flatMap(({ phases }) => phases),
    };
  }

  /** @param isNew whether all work of the statement's partitions is new if they were not seen before */
  function addedWork(partitions: readonly LedgerPartition[], isNew: (statement: string) => boolean): Work {
    const added = partitions.map(({ key, work, statement }) => {
      const before = lastWork.get(key) ?? (isNew(statement) ? null : work);
      lastWork.delete(key);
      lastWork.set(key, work);
      return mapWork((field) => Math.max(0, work[field] - (before?.[field] ?? 0)));
    });
    return mapWork((field) => added.reduce((sum, work) => sum + work[field], 0));
  }

  function addedAnswers(answers: AnswerCounts): AnswerCounts {
    const { stored, reused } = lastAnswers;
    lastAnswers = answers;
    return { stored: Math.max(0, answers.stored - stored), reused: Math.max(0, answers.reused - reused) };
  }

  function remember({ statements, partitions }: Pick<LedgerReading, 'statements' | 'partitions'>): void {
    const now = Date.now();
    const ends = statements.map(({ id, state }) => [id, isEnd(state) ? (known.get(id) ?? now) : null] as const);
    known = new Map(ends.filter(([, endedAt]) => endedAt === null || now - endedAt < AFTERGLOW_MS));
    const most = Math.max(REMEMBERED_PARTITIONS, partitions.length);
    for (const key of lastWork.keys()) {
      if (lastWork.size <= most) break;
      lastWork.delete(key);
    }
  }

  return () => (window === null ? first() : next(window));
}

async function statementsOf(ask: LedgerQueries, ids: readonly string[]) {
  return {
    statements: await ask.statements(ids),
    partitions: await ask.partitionsOf(ids),
    models: await ask.modelsOf(ids),
    trainings: await ask.trainingsOf(ids),
  };
}

interface Change {
  /** Whether the statement had not ended before. */
  readonly isNew: boolean;
  readonly ended: readonly EndedCount[];
  readonly phases: readonly PhaseTime[];
}

function changesOf(
  fresh: readonly Transition[],
  history: readonly Transition[],
  statements: readonly LedgerStatement[],
): ReadonlyMap<string, Change> {
  const numbers = new Set(fresh.map(({ number }) => number));
  const isFresh = ({ number }: Transition) => numbers.has(number);
  const histories = Map.groupBy(history, ({ statement }) => statement);
  const changes = statements.map(({ id, verb, finishedAt }) => {
    const own = histories.get(id) ?? [];
    const ended = own.filter((transition) => isFresh(transition) && isEnd(transition.state));
    const change: Change = {
      isNew: !own.some((transition) => !isFresh(transition) && isEnd(transition.state)),
      ended: ended.map(({ state, error }) => ({ verb, state, error, count: 1 })),
      phases: phasesOf(own, isFresh, finishedAt),
    };
    return [id, change] as const;
  });
  return new Map(changes);
}
