import { defaultMode, type LexicalMode, lexicalMode } from '../../sql/lexical-mode.ts';

/** The mode in which a session reads SQL, as far as it is known. */
export interface SessionMode {
  /** null if the mode matters to the text and has to be asked. */
  knownFor(text: string): LexicalMode | null;
  ask(): Promise<LexicalMode>;
  /** A statement changes it. @param isPrepared then whenever it is executed */
  change(isPrepared: boolean): void;
  /** The session starts again. @param keepsPrepared whether its prepared statements still exist */
  reset(keepsPrepared: boolean): void;
}

/** @param askDatabase @@sql_mode of the session */
export function openSessionMode(askDatabase: () => Promise<string>): SessionMode {
  let mode: LexicalMode | null = null;
  let isVolatile = false;
  return {
    knownFor(text) {
      if (isVolatile) return null;
      return /["\\]/.test(text) ? mode : (mode ?? defaultMode);
    },
    async ask() {
      mode = lexicalMode(await askDatabase());
      return mode;
    },
    change(isPrepared) {
      mode = null;
      isVolatile ||= isPrepared;
    },
    reset(keepsPrepared) {
      mode = null;
      if (!keepsPrepared) isVolatile = false;
    },
  };
}
