import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { classifySettings, detectSettings } from '../../programs/evaluate.ts';
import { inputColumns } from '../../programs/input-columns.ts';
import { checkInputs } from '../../programs/predict/check-inputs.ts';
import { contractOf, type ProgramCall, type ProgramName, type SettingsOf } from '../../programs/programs.ts';
import type { AnyRow, ModelTable, OpenProgram, ProgramPlace, RowProgram, RowSummary } from '../row-program.ts';

/** What the worker does for a program. */
interface Implementation<Name extends ProgramName> {
  open(settings: SettingsOf<Name>, place: ProgramPlace): Promise<OpenProgram<AnyRow>>;
  /** Names of the model's classes. */
  classNames(settings: SettingsOf<Name>, place: ProgramPlace): Promise<readonly string[]>;
  /** What the model's file says of tables, for a program with `readsTable`. */
  table?(settings: SettingsOf<Name>, place: ProgramPlace): Promise<ModelTable>;
}

/** Only what needs a model loads what decodes pictures and runs models: it takes as long as all else that a worker loads. */
const implementations: { readonly [Name in ProgramName]: () => Promise<Implementation<Name>> } = {
  detect: async () => {
    const { detectorClassNames, openDetect } = await import('./detect/open-detect.ts');
    return { open: openDetect, classNames: detectorClassNames };
  },
  classify: async () => {
    const { classifierClassNames, openClassify } = await import('./classify/open-classify.ts');
    return { open: openClassify, classNames: classifierClassNames };
  },
  evaluate: async () => {
    const { detectorClassNames, openDetect } = await import('./detect/open-detect.ts');
    return {
      open: (settings, place) => openDetect(detectSettings(settings), place, { isMultiLabel: true }),
      classNames: (settings, place) => detectorClassNames(detectSettings(settings), place),
    };
  },
  'evaluate-classifier': async () => {
    const { classifierClassNames, openClassify } = await import('./classify/open-classify.ts');
    return {
      open: (settings, place) => openClassify(classifySettings(settings), place),
      classNames: (settings, place) => classifierClassNames(classifySettings(settings), place),
    };
  },
  find: async () => {
    const { openFind } = await import('./find/open-find.ts');
    return { open: openFind, classNames: async () => [] };
  },
  solve: async () => {
    const { openSolve } = await import('./solve/open-solve.ts');
    return { open: openSolve, classNames: async () => [] };
  },
  predict: async () => {
    const { openPredict, predictTable } = await import('./predict/open-predict.ts');
    return { open: openPredict, classNames: async () => [], table: predictTable };
  },
  'evaluate-table': async () => {
    const { evaluateTableOf, openEvaluate } = await import('./predict/open-evaluate.ts');
    return { open: openEvaluate, classNames: async () => [], table: evaluateTableOf };
  },
  explain: async () => {
    const { explainTable, openExplain } = await import('./predict/open-explain.ts');
    return { open: openExplain, classNames: async () => [], table: explainTable };
  },
};

type Summarise<Name extends ProgramName> = (settings: SettingsOf<Name>) => Omit<RowSummary, 'columns'>;

const summaries: { readonly [Name in ProgramName]?: () => Promise<Summarise<Name>> } = {
  evaluate: async () => (await import('../summaries/summarise-detections.ts')).summariseDetections,
  'evaluate-classifier': async () => (await import('../summaries/summarise-classes.ts')).summariseClasses,
  'evaluate-table': async () => (await import('../summaries/summarise-table.ts')).summariseTable,
};

/** undefined: the outputs are published. */
function summaryOf({ name, settings }: ProgramCall): RowSummary | undefined {
  const { summary: columns } = contractOf(name);
  const load = summaries[name] as (() => Promise<Summarise<ProgramName>>) | undefined;
  if (columns === undefined || load === undefined) return undefined;
  const summarise = async () => (await load())(settings);
  return {
    columns,
    check: async (place) => (await summarise()).check(place),
    compute: async (place) => (await summarise()).compute(place),
  };
}

/** undefined: no labels are given. */
function comparisonOf({ name, settings }: ProgramCall): RowProgram['compare'] {
  if (name !== 'find' || settings.labels === null) return undefined;
  return async (place) => (await import('../summaries/compare-found.ts')).compareFound(settings, place);
}

/** undefined: the statement returns nothing but its table. */
function answerOf({ name, settings }: ProgramCall): RowProgram['answer'] {
  if (name !== 'explain') return undefined;
  return async (place) =>
    (await import('../summaries/influence-of-features.ts')).influenceOfFeatures(settings.explanation, place);
}

function implementationOf(name: ProgramName): Promise<Implementation<ProgramName>> {
  return implementations[name]() as Promise<Implementation<ProgramName>>;
}

/**
 * A program with its settings, for the row machinery.
 * @param known what the model's file says; without it, columns named by classes are known once the program is open
 */
export function rowProgram({ name, settings }: ProgramCall, known: KnownModel = nothingKnown): RowProgram {
  const { classNames, table } = known;
  const contract = contractOf(name);
  const summary = summaryOf({ name, settings } as ProgramCall);
  const compare = comparisonOf({ name, settings } as ProgramCall);
  const answer = answerOf({ name, settings } as ProgramCall);
  return {
    ...(summary !== undefined && { summary }),
    ...(compare !== undefined && { compare }),
    ...(answer !== undefined && { answer }),
    inputs: contract.inputs,
    needsAllRows: contract.rows === 'whole',
    ...(contract.keeps !== undefined && { keeps: contract.keeps(settings) }),
    ...(contract.mostRows !== undefined && { mostRows: contract.mostRows(settings) }),
    ...contract.result(settings, classNames),
    ...(contract.replacesColumns && { replacesColumns: true }),
    ...(table !== null && tableParts(table, known.name)),
    readColumns: (selected) => [
      ...(table?.reads ?? []).map(({ name }) => namedColumn(name, selected)),
      ...(table?.alsoReads ?? []).map((name) => namedColumn(name, selected)),
      ...inputColumns(contract, settings, selected).map(({ option, holds, column }) => {
        if (column !== null) return column;
        const hint = `the query selects ${selected.join(', ')}; name one by "--${option}=…"`;
        throw new MillraceError('NO_IMAGE_COLUMN', `no selected column is known to hold ${holds}`, { hint });
      }),
      ...(contract.reads?.(settings) ?? []).map((name) => namedColumn(name, selected)),
    ],
    open: async (place) => (await implementationOf(name)).open(settings, place),
  };
}

/** What the file of the program's model says, as far as it was read. */
export interface KnownModel {
  /** For messages. */
  readonly name: string;
  /** Names of classes by which columns are named; null: none are, or they are not known. */
  readonly classNames: readonly string[] | null;
  /** null: the program does not read a table's columns by the model, or they are not known. */
  readonly table: ModelTable | null;
}

const nothingKnown: KnownModel = { name: '', classNames: null, table: null };

function tableParts(
  { reads, columns }: ModelTable,
  model: string,
): Pick<RowProgram, 'readsValues' | 'checkColumns'> & Partial<Pick<RowProgram, 'columns'>> {
  return {
    ...(columns !== undefined && { columns }),
    readsValues: true,
    checkColumns: (selected) => {
      const [problem] = checkInputs(model, reads, selected);
      if (problem !== undefined) throw new MillraceError(problem.code, problem.message, { hint: problem.hint });
    },
  };
}

function namedColumn(name: string, selected: readonly string[]): string {
  const column = selected.find((each) => each.toLowerCase() === name.toLowerCase());
  if (column !== undefined) return column;
  const nearest = nearestName(name, selected);
  const hint = nearest === undefined ? `use one of ${selected.join(', ')}` : `did you mean ${nearest}?`;
  throw new MillraceError('UNKNOWN_COLUMN', `the query does not select '${name}'`, { hint });
}

/**
 * What the program needs to know of its model before it is open.
 * @param name of the model, for messages
 * @param command `prepare` makes the result's columns, `partitions` reads the model's
 * @throws {MillraceError} whatever opening the program throws
 */
export async function knownModel(
  { name, settings }: ProgramCall,
  model: string,
  command: 'prepare' | 'partitions',
  place: ProgramPlace,
): Promise<KnownModel> {
  const call = { name, settings } as ProgramCall;
  if (contractOf(name).readsTable) {
    const table = await (await implementationOf(name)).table?.(settings, place);
    return { name: model, classNames: null, table: table ?? null };
  }
  const classNames = command === 'prepare' ? await columnClassNames(call, place) : null;
  return { name: model, classNames, table: null };
}

/**
 * Names of the model's classes if columns of the result are named by them; null: they are not.
 * @throws {MillraceError} whatever opening the program throws
 */
async function columnClassNames(
  { name, settings }: ProgramCall,
  place: ProgramPlace,
): Promise<readonly string[] | null> {
  if (!namesColumnsByClass({ name, settings } as ProgramCall)) return null;
  return (await implementationOf(name)).classNames(settings, place);
}

/** Whether `prepare` needs the model. */
export function namesColumnsByClass({ name, settings }: ProgramCall): boolean {
  return contractOf(name).namesColumnsByClass(settings);
}
