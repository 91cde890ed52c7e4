import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, toggleComment } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, linter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { useEffect, useRef } from 'preact/hooks';
import { type Checked, check } from './check.ts';
import { complete, type namesOf } from './completion.ts';
import { dialect } from './dialect.ts';
import { editorTheme } from './editor-theme.ts';

/** What the page does with the editor. */
export interface EditorHandle {
  text(): string;
  /** The selected text, or else all of it. */
  toRun(): string;
  replace(text: string): void;
  underline(diagnostics: (view: EditorView) => readonly Diagnostic[]): void;
  focus(): void;
}

interface Props {
  readonly initial: string;
  readonly names: ReturnType<typeof namesOf>;
  readonly datasource: string | undefined;
  onReady(handle: EditorHandle): void;
  onChange(text: string): void;
  onRun(): void;
  onFormat(): void;
  onChecked(checked: Checked): void;
}

const checkDelay = 400;

/**
 * The editor lives in a shadow root: CodeMirror then writes its styles into constructed style sheets, which the content security policy
 * allows, instead of style elements. https://github.com/marijnh/style-mod
 */
export function Editor(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open' });
    const view = new EditorView({ root, parent: root, state: stateOf(props.initial, () => latest.current) });
    props.onReady(handleOf(view));
    view.focus();
    return () => view.destroy();
  }, []);
  return <div ref={host} class="sql-editor" />;
}

function stateOf(doc: string, props: () => Props): EditorState {
  const run = (what: 'onRun' | 'onFormat') => () => {
    props()[what]();
    return true;
  };
  return EditorState.create({
    doc,
    extensions: [
      keymap.of([
        { key: 'Mod-Enter', run: run('onRun') },
        { key: 'Shift-Alt-f', run: run('onFormat') },
        { key: 'Tab', run: acceptCompletion },
        { key: 'Mod-/', run: toggleComment },
      ]),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      history(),
      lineNumbers(),
      drawSelection(),
      highlightActiveLine(),
      bracketMatching(),
      closeBrackets(),
      EditorView.lineWrapping,
      placeholder('SELECT …'),
      dialect,
      editorTheme,
      autocompletion({ override: [(context) => complete(props().names, context)], icons: false, interactionDelay: 0 }),
      linter(
        async ({ state }) => {
          const checked = await check(state.doc, props().datasource).catch(() => null);
          if (checked === null) return [];
          props().onChecked(checked);
          return checked.diagnostics;
        },
        { delay: checkDelay },
      ),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) props().onChange(update.state.doc.toString());
      }),
      EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
    ],
  });
}

function handleOf(view: EditorView): EditorHandle {
  return {
    text: () => view.state.doc.toString(),
    toRun() {
      const { from, to } = view.state.selection.main;
      return from === to ? view.state.doc.toString() : view.state.sliceDoc(from, to);
    },
    replace(text) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: text.length },
      });
      view.focus();
    },
    underline: (diagnostics) => view.dispatch(setDiagnostics(view.state, diagnostics(view))),
    focus: () => view.focus(),
  };
}
