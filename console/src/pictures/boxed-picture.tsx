import type { Box, Picture } from '../api/pictures.ts';
import { colourOf, truthColour } from './colours.ts';
import { type PictureSource, usePixels } from './pixels.ts';

export interface Mark {
  readonly key: string;
  readonly label: string;
  readonly box: Box;
  readonly colour: string;
  readonly isTruth: boolean;
}

/** The boxes that were found with this score or a higher one. */
export function foundMarks({ found }: Picture, minScore: number, only: string | null): readonly Mark[] {
  return found.flatMap(({ name, score, box }, at) => {
    if (box === null || (score ?? 1) < minScore || (only !== null && name !== only)) return [];
    const label = score === null ? name : `${name} ${score.toFixed(2)}`;
    return [{ key: `found-${at}`, label, box, colour: colourOf(name), isTruth: false }];
  });
}

/** The boxes of the ground truth. */
export function truthMarks({ truth }: Picture, only: string | null): readonly Mark[] {
  return (truth ?? []).flatMap(({ name, box }, at) => {
    if (box === null || (only !== null && name !== only)) return [];
    return [{ key: `truth-${at}`, label: name, box, colour: truthColour, isTruth: true }];
  });
}

interface Props {
  readonly source: PictureSource;
  readonly alt: string;
  readonly marks: readonly Mark[];
  /** Space for it, in px. */
  readonly width: number;
  readonly height: number;
  /** Whether every box has its label if there is space; otherwise those found that are wide enough. */
  readonly hasAllLabels?: boolean;
  /** The key of the mark that stands out. */
  readonly chosen?: string | null;
}

/** A picture with its boxes over it, drawn in one SVG so that they stay in place at every size. The first mark is on top. */
export function BoxedPicture({ source, alt, marks, width, height, hasAllLabels = false, chosen = null }: Props) {
  const shown = usePixels(source, Math.max(width, height));
  if (shown === null) return <div class="picture-wait" role="img" aria-label={`${alt} (loading)`} />;
  if (shown instanceof Error) {
    return (
      <div class="picture-failed" role="img" aria-label={`${alt}: ${shown.message}`}>
        <span>{shown.message}</span>
      </div>
    );
  }
  const scale = Math.min(width / shown.width, height / shown.height);
  return (
    <svg
      class="picture-svg"
      viewBox={`0 0 ${shown.width} ${shown.height}`}
      preserveAspectRatio="xMidYMid meet"
      role="img"
      aria-label={alt}
    >
      <image href={shown.address} width={shown.width} height={shown.height} />
      {marks.toReversed().map((mark) => (
        <Marked
          key={mark.key}
          mark={mark}
          scale={scale}
          picture={shown}
          hasLabel={hasAllLabels ? width > 480 || isWide(mark, scale) : !mark.isTruth && isWide(mark, scale)}
          isFaded={chosen !== null && chosen !== mark.key}
        />
      ))}
    </svg>
  );
}

const letter = 6.6;
const textWidth = (text: string) => [...text].length * letter + 8;
const labelHeight = 17;
const isWide = ({ box, label }: Mark, scale: number) => (box[2] - box[0]) * scale > textWidth(label);

interface MarkedProps {
  readonly mark: Mark;
  /** Screen px of a px of the picture. */
  readonly scale: number;
  readonly picture: { readonly width: number; readonly height: number };
  readonly hasLabel: boolean;
  readonly isFaded: boolean;
}

function Marked({ mark: { box, colour, label, isTruth }, scale, picture, hasLabel, isFaded }: MarkedProps) {
  const [x1, y1, x2, y2] = box;
  const place = { x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0) };
  const [width, height] = [textWidth(label) / scale, labelHeight / scale];
  const left = Math.max(0, Math.min(x1, picture.width - width));
  const top = y1 >= height ? y1 - height : Math.min(y1, picture.height - height);
  return (
    <g class={isFaded ? 'picture-mark picture-mark-faded' : 'picture-mark'}>
      <rect {...place} class="picture-halo" />
      <rect {...place} class={isTruth ? 'picture-box picture-box-truth' : 'picture-box'} stroke={colour} />
      {hasLabel && (
        <>
          <rect x={left} y={top} width={width} height={height} fill={isTruth ? '#12181d' : colour} />
          <text
            x={left + 4 / scale}
            y={top + (labelHeight - 5) / scale}
            font-size={12 / scale}
            textLength={(textWidth(label) - 8) / scale}
            lengthAdjust="spacingAndGlyphs"
            fill={isTruth ? '#ffffff' : '#12181d'}
          >
            {label}
          </text>
        </>
      )}
    </g>
  );
}
