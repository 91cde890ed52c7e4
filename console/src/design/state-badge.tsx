import './state-badge.css';

/** States of statements, steps and partitions: a sign beside the word, so that colour is not needed. */
const signs: Readonly<Record<string, readonly [sign: string, tone: string]>> = {
  queued: ['◷', 'quiet'],
  pending: ['◷', 'quiet'],
  running: ['▶', 'busy'],
  cancelling: ['◼', 'warn'],
  succeeded: ['✓', 'good'],
  done: ['✓', 'good'],
  failed: ['✗', 'bad'],
  cancelled: ['◼', 'quiet'],
  interrupted: ['!', 'warn'],
};

export function StateBadge({ state }: { readonly state: string }) {
  const [sign, tone] = signs[state] ?? ['', 'quiet'];
  return (
    <span class={`badge badge-${tone}`}>
      <span aria-hidden="true">{sign}</span> {state}
    </span>
  );
}

export const toneOf = (state: string): string => signs[state]?.[1] ?? 'quiet';
