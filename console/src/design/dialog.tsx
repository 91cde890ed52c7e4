import './dialog.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Called for Escape; without it, the dialog stays open. */
  readonly onClose?: () => void;
}

/** The browser's modal dialog: it keeps the focus, and what is behind it cannot be used. */
export function Dialog({ title, children, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current!.showModal(), []);
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose?.();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onCancel={cancel}>
      <h1 id={heading}>{title}</h1>
      {children}
    </dialog>
  );
}
