import './progress-bar.css';

interface Props {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly failed?: number;
}

export function ProgressBar({ label, done, total, failed = 0 }: Props) {
  const share = (part: number) => `${total === 0 ? 0 : (part / total) * 100}%`;
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
    >
      <div class="progress-done" style={{ width: share(done - failed) }} />
      <div class="progress-failed" style={{ width: share(failed) }} />
    </div>
  );
}
