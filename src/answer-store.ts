/**
 * What models answered about pictures, so that another statement need not ask again. The contract between programs, which know no
 * ledger, and the ledger, which stores answers.
 */
export interface AnswerStore {
  /** One answer for each key, in order; null: none is stored that answers this confidence. Never throws: no answer is a question for the model. */
  read(keys: readonly AnswerKey[], confidence: number): Promise<readonly (StoredAnswer | null)[]>;
  /** Stores answers; an answer with a lower floor replaces one with a higher floor. Never throws. */
  write(entries: readonly AnswerEntry[]): Promise<void>;
}

/** All that an answer depends on, besides the release of Millrace. */
export interface AnswerKey {
  /** SHA-256 of the files of the model in hexadecimal digits. */
  readonly modelDigest: string;
  /** SHA-256 of the encoded picture in hexadecimal digits. */
  readonly imageDigest: string;
  /** Pixels of the model's input. */
  readonly width: number;
  readonly height: number;
  /** null: nothing is suppressed. */
  readonly iou: number | null;
  /** Other settings that change an answer, as a text that is equal for equal settings. */
  readonly settings: string;
}

export interface StoredAnswer {
  /** It answers every confidence from here up. */
  readonly floor: number;
  /** For each class id that was seen, the scores at or above the floor, as 32-bit floats, the highest first. */
  readonly scores: ReadonlyMap<number, readonly number[]>;
}

export interface AnswerEntry {
  readonly key: AnswerKey;
  readonly answer: StoredAnswer;
}
