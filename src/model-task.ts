import * as v from 'valibot';

/** A version of a registered model. */
export interface ModelReference {
  readonly name: string;
  /** null: an earlier step of the program makes it. */
  readonly version: number | null;
  /** SHA-256 of the file in hexadecimal digits; null: not known when the program was planned. */
  readonly digest: string | null;
  /** Whether the file is in the system schema. If not, the program's settings name it. */
  readonly isInDatabase: boolean;
  /** The step whose result says which version it made; null: none of the program. */
  readonly madeBy: string | null;
}

/** Who changes the registry. */
export interface ModelActor {
  readonly user: string;
  /** Whether the user may change the models of others. */
  readonly isAdmin: boolean;
}

/** A constrained variation of the thesis. */
export interface Simulation {
  /** ms that each image takes; null: as long as the base. */
  readonly latency: number | null;
  /** Probability that a detection of the base keeps its class, 0 to 1; null: all do. */
  readonly accuracy: number | null;
  /** Ids of the classes that it can detect; null: those of the base. */
  readonly classCoverage: readonly number[] | null;
}

/** What a model file is: it finds objects in pictures, classifies them, or reads columns of a table. */
export type FileKind = 'detector' | 'classifier' | 'tabular';

/** What a statement about models does. */
export type ModelAction =
  | {
      readonly does: 'create';
      readonly name: string;
      readonly file: string;
      /** null: it is recognised. */
      readonly kind: FileKind | null;
      readonly storage: 'path' | 'database';
      /** null: the file's. */
      readonly classNames: readonly string[] | null;
      readonly classesFile: string | null;
    }
  | { readonly does: 'like'; readonly name: string; readonly base: string; readonly simulation: Simulation }
  | { readonly does: 'show'; readonly like: string | null }
  | { readonly does: 'describe' | 'showTrain' | 'showTrials'; readonly name: string; readonly version: number | null }
  | { readonly does: 'drop'; readonly name: string; readonly ifExists: boolean }
  | { readonly does: 'setVersion'; readonly name: string; readonly version: number };

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const version = v.nullable(count);

/** As plans and tasks have them. */
export const modelReferenceSchema: v.GenericSchema<ModelReference> = v.strictObject({
  name: v.string(),
  version,
  digest: v.nullable(v.string()),
  isInDatabase: v.boolean(),
  madeBy: v.nullable(v.string()),
});

export const simulationSchema: v.GenericSchema<Simulation> = v.strictObject({
  latency: v.nullable(v.number()),
  accuracy: v.nullable(v.number()),
  classCoverage: v.nullable(v.array(count)),
});

export const modelActorSchema: v.GenericSchema<ModelActor> = v.strictObject({
  user: v.string(),
  isAdmin: v.boolean(),
});

export const modelActionSchema: v.GenericSchema<ModelAction> = v.variant('does', [
  v.strictObject({
    does: v.literal('create'),
    name: v.string(),
    file: v.string(),
    kind: v.nullable(v.picklist(['detector', 'classifier', 'tabular'])),
    storage: v.picklist(['path', 'database']),
    classNames: v.nullable(v.array(v.string())),
    classesFile: v.nullable(v.string()),
  }),
  v.strictObject({
    does: v.literal('like'),
    name: v.string(),
    base: v.string(),
    simulation: simulationSchema,
  }),
  v.strictObject({ does: v.literal('show'), like: v.nullable(v.string()) }),
  v.strictObject({ does: v.picklist(['describe', 'showTrain', 'showTrials']), name: v.string(), version }),
  v.strictObject({ does: v.literal('drop'), name: v.string(), ifExists: v.boolean() }),
  v.strictObject({ does: v.literal('setVersion'), name: v.string(), version: count }),
]);
